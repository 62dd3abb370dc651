"""What the name servers say now: which region each of them sends a client to.

An answer is addresses; which region they are of is told by the load balancers' own names.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

from epochctl.failover.region import Region
from epochctl.net.dns import Authority, DnsClient

REMEMBERED = 30.0  # seconds: a load balancer may get other addresses at any time
UNKNOWN = "?"


class DnsAnswers:
    """For one host name. Safe to share between threads."""

    def __init__(self, hostname: str, regions: Sequence[Region], names: DnsClient | None = None) -> None:
        self._hostname, self._names = hostname, names or DnsClient()
        self._targets = {region.name: region.target for region in regions}
        self._lock = threading.Lock()
        self._authority: Authority | None = None
        self._addresses: dict[str, frozenset[str]] = {}
        self._read = float("-inf")

    def region_of(self, address: str) -> str:
        """The region whose load balancer has that address; "" for nobody's."""
        return next((name for name, known in self._known().items() if address in known), "")

    def addresses(self, region: str) -> tuple[str, ...]:
        """Those of its load balancer."""
        return tuple(sorted(self._known().get(region, ())))

    def authoritative(self) -> tuple[str, ...]:
        """The regions that the zone's own servers answer with, each of them asked.

        UNKNOWN is among them where one answers with something else; () where nobody answers.
        """
        authority = self._found()
        servers = authority.addresses or ("",)
        told: set[str] = set()
        for server in servers:
            one = Authority(authority.zone, authority.servers, (server,) if server else ())
            told |= {self.region_of(each) or UNKNOWN for each in self._ask(one)}
        return tuple(sorted(told))

    def resolved(self) -> tuple[str, str]:
        """What the resolver of this machine says: the region and an address; ("", "") for nothing."""
        found = self._names.resolve(self._hostname)
        address = next((each for each in found.values if ":" not in each), "")
        return (self.region_of(address) or UNKNOWN, address) if address else ("", "")

    def _ask(self, authority: Authority) -> tuple[str, ...]:
        return self._names.query(authority, self._hostname, "A").values

    def _found(self) -> Authority:
        with self._lock:
            if self._authority is None or not self._authority.addresses:
                self._authority = self._names.authority(self._hostname)
            return self._authority

    def _known(self) -> dict[str, frozenset[str]]:
        """A load balancer's name that nobody resolves just now keeps the addresses that it had."""
        with self._lock:
            if time.monotonic() - self._read < REMEMBERED:
                return self._addresses
            self._read = time.monotonic()
            for region, target in self._targets.items():
                found = self._names.resolve(target).values if target else ()
                kept = self._addresses.get(region, frozenset())
                self._addresses[region] = frozenset(found) or kept
            return self._addresses
