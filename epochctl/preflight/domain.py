"""The host name's zone: is it in this account, and does the world find it there?"""

from __future__ import annotations

from collections.abc import Iterator

from epochctl.aws.route53 import Route53
from epochctl.config.settings import Settings
from epochctl.net.dns import DnsClient
from epochctl.preflight.check_result import CheckResult, fail, ok, warn


class DomainChecks:
    """The zone of the host name."""

    def __init__(self, settings: Settings, route53: Route53, names: DnsClient) -> None:
        self._hostname, self._route53, self._names = settings.hostname, route53, names
        self._routed = settings.is_multi_region

    def zone(self) -> Iterator[CheckResult]:
        zone = self._route53.zone_for(self._hostname)
        if zone is None:
            words = f"no public zone of this account holds {self._hostname}"
            if self._routed:
                fix = "have it served by a zone of this account, or name one region in epochctl.toml"
                yield fail("zone", f"{words}: several regions cannot share it", fix)
                return
            yield warn("zone", words, "`up` names two records; add them where the zone is")
            return
        servers, seen = self._route53.name_servers(zone), self._names.delegation(zone.name)
        if set(seen.values) & set(servers):
            yield ok("zone", f"{zone.name} is delegated to this account's zone {zone.id}")
        elif seen.status == "silent":
            yield warn("zone", f"{zone.name}: its delegation cannot be seen from here ({seen.reason})")
        else:
            sent = ", ".join(seen.values) or "nobody"
            words = f"the world is sent to {sent} for {zone.name}, not to this account's zone"
            yield fail("zone", words, f"in its parent: {zone.name} NS {', '.join(servers)}")
