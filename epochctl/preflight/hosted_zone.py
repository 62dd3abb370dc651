"""Checks of the hosted zone: whether this account has it, and whether public DNS delegates to it."""

from __future__ import annotations

from collections.abc import Iterator

from epochctl.aws.route53 import Route53
from epochctl.config.settings import Settings
from epochctl.net.dns import DnsClient
from epochctl.preflight.check_result import CheckResult, fail, ok, warn


class HostedZoneChecks:
    """Checks of the zone that serves the host name."""

    def __init__(self, settings: Settings, route53: Route53, dns: DnsClient) -> None:
        self._hostname, self._is_shared = settings.hostname, settings.is_multi_region
        self._route53, self._dns = route53, dns

    def delegation(self) -> Iterator[CheckResult]:
        """Check that the parent zone names this account's name servers."""
        zone = self._route53.zone_for(self._hostname)
        if zone is None:
            text = f"no public zone of this account holds {self._hostname}"
            if self._is_shared:
                fix = "have it served by a zone of this account, or name one region in epochctl.toml"
                yield fail("zone", f"{text}: several regions cannot share it", fix)
                return
            yield warn("zone", text, "`up` names two records; add them where the zone is")
            return
        servers, seen = self._route53.name_servers(zone), self._dns.delegation(zone.name)
        if set(seen.values) & set(servers):
            yield ok("zone", f"{zone.name} is delegated to this account's zone {zone.id}")
        elif seen.status == "silent":
            yield warn("zone", f"{zone.name}: its delegation cannot be seen from here ({seen.reason})")
        else:
            sent = ", ".join(seen.values) or "nobody"
            text = f"the world is sent to {sent} for {zone.name}, not to this account's zone"
            yield fail("zone", text, f"in its parent: {zone.name} NS {', '.join(servers)}")
