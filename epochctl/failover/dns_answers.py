"""Which region the name servers send a client to.

An address in an answer belongs to the region whose load balancer's own name resolves to it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

from epochctl.failover.region import Region
from epochctl.net.dns import Authority, DnsClient

CACHE_SECONDS = 30.0  # the addresses of a load balancer may change at any time
UNKNOWN = "?"


class DnsAnswers:
    """The DNS answers for one host name. Safe to share between threads."""

    def __init__(self, hostname: str, regions: Sequence[Region], dns: DnsClient | None = None) -> None:
        self._hostname, self._dns = hostname, dns or DnsClient()
        self._targets = {region.name: region.target for region in regions}
        self._lock = threading.Lock()
        self._authority: Authority | None = None
        self._addresses: dict[str, frozenset[str]] = {}
        self._updated = float("-inf")

    def region_of(self, address: str) -> str:
        """Return the region whose load balancer has that address, or ""."""
        return next((name for name, its in self._load_balancers().items() if address in its), "")

    def addresses(self, region: str) -> tuple[str, ...]:
        """Return the addresses of the region's load balancer, sorted."""
        return tuple(sorted(self._load_balancers().get(region, ())))

    def authoritative(self) -> tuple[str, ...]:
        """Ask each of the zone's own servers and return the regions that they answer with.

        UNKNOWN is among them if one answers with another address; () if none answers.
        """
        authority = self._zone_servers()
        servers = authority.addresses or ("",)
        found: set[str] = set()
        for server in servers:
            one = Authority(authority.zone, authority.servers, (server,) if server else ())
            found |= {self.region_of(each) or UNKNOWN for each in self._ask(one)}
        return tuple(sorted(found))

    def resolve(self) -> tuple[str, str]:
        """Return (region, address) as this machine's resolver answers; ("", "") without an answer."""
        found = self._dns.resolve(self._hostname)
        address = next((each for each in found.values if ":" not in each), "")
        return (self.region_of(address) or UNKNOWN, address) if address else ("", "")

    def _ask(self, authority: Authority) -> tuple[str, ...]:
        return self._dns.query(authority, self._hostname, "A").values

    def _zone_servers(self) -> Authority:
        with self._lock:
            if self._authority is None or not self._authority.addresses:
                self._authority = self._dns.authority(self._hostname)
            return self._authority

    def _load_balancers(self) -> dict[str, frozenset[str]]:
        """Return each load balancer's addresses; the last known ones if its name has no answer."""
        with self._lock:
            if time.monotonic() - self._updated < CACHE_SECONDS:
                return self._addresses
            self._updated = time.monotonic()
            for region, target in self._targets.items():
                found = self._dns.resolve(target).values if target else ()
                previous = self._addresses.get(region, frozenset())
                self._addresses[region] = frozenset(found) or previous
            return self._addresses
