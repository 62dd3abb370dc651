"""The host name's records and their health checks in Route 53: looked at, drained, undrained.

Asks Route 53 alone. Knows no region's load balancer beyond the name that its record leads to.
"""

from __future__ import annotations

from collections.abc import Sequence

from epochctl.aws.elbv2 import plain_dns_name
from epochctl.aws.route53 import HealthCheck, HealthChecks, Record, Route53, Zone, owner_text
from epochctl.config.settings import Settings
from epochctl.errors import NotFoundError
from epochctl.failover.region import Region, named, role

UP = "epochctl up"


class Routes:
    """Those of one (name, environment)."""

    def __init__(self, settings: Settings, route53: Route53, health: HealthChecks) -> None:
        self._settings, self._route53, self._health = settings, route53, health
        self._zone: Zone | None = None

    @property
    def hostname(self) -> str:
        """Whose records they are."""
        return self._settings.hostname

    def look(self) -> tuple[Region, ...]:
        """Every region that shares the name, home first. Raises NotFoundError where none does."""
        records = self._records()
        checks = {check.id: check for check in self._health.all()}
        found = {record.placement.region: record for record in records if record.placement}
        order = (*self._settings.regions, *found)
        return tuple(self._region(found[name], checks) for name in dict.fromkeys(order) if name in found)

    def one(self, name: str) -> Region:
        """That region. Raises NotFoundError where it has no record."""
        found = named(self.look(), name)
        if found is None:
            raise NotFoundError(
                f"{name} has no record of {self.hostname}", why=self._known(), fix=f"{UP} --region {name}"
            )
        return found

    def checked(self, name: str) -> HealthCheck:
        """Its health check, without which it can neither be drained nor be seen to be ill."""
        check = self.one(name).check
        if check is None:
            raise NotFoundError(f"{name} has no health check in Route 53", fix=f"{UP} --region {name}")
        return check

    def drain(self, name: str) -> bool:
        """Out of the answers. Whether anything had to be done."""
        check = self.checked(name)
        if not check.is_drained:
            self._health.drain(check)
        return not check.is_drained

    def undrain(self, name: str) -> bool:
        """Into the answers, as far as it is healthy. Whether anything had to be done."""
        check = self.checked(name)
        if check.is_drained or check.is_held:
            self._health.undrain(check)
        return check.is_drained

    def _region(self, record: Record, checks: dict[str, HealthCheck]) -> Region:
        assert record.placement is not None
        name = record.placement.region
        check = checks.get(record.placement.health_check)
        asks = check is not None and not (check.is_drained or check.is_held)
        seen = self._health.observations(check) if check and asks else ()
        target = plain_dns_name(record.alias.dns_name) if record.alias else ""
        return Region(name, role(self._settings, name), record.placement, target, check, seen)

    def _records(self) -> Sequence[Record]:
        """Those of a policy, which are ours."""
        zone = self._zone = self._zone or self._route53.zone_for(self.hostname)
        if zone is None:
            raise NotFoundError(f"no hosted zone in this account holds {self.hostname}", fix=UP)
        records = [one for one in self._route53.records(zone, self.hostname) if one.placement]
        if not records:
            several = len(self._settings.regions) > 1
            raise NotFoundError(
                f"{self.hostname} is not shared by several regions",
                why="Route 53 has no record of any region" if several else "epochctl.toml names one region",
                fix=UP if several else f"add a second one to regions in epochctl.toml, then {UP}",
            )
        if not self._route53.is_owned(zone, self.hostname, owner_text(self._settings.tags)):
            raise NotFoundError(
                f"the records of {self.hostname} are not ours", why="; ".join(str(one) for one in records)
            )
        return records

    def _known(self) -> str:
        return f"records: {', '.join(region.name for region in self.look())}"
