"""The host name's records and their health checks in Route 53: read, drained and undrained."""

from __future__ import annotations

from collections.abc import Sequence

from epochctl.aws.elbv2 import plain_dns_name
from epochctl.aws.route53 import HealthCheck, HealthChecks, Record, Route53, Zone, owner_text
from epochctl.command import Command
from epochctl.config.settings import Settings
from epochctl.errors import NotFoundError
from epochctl.failover.region import Region, find_region, role_of

UP = Command("up")


class Routes:
    """The records of one (name, environment). Only Route 53 is asked."""

    def __init__(self, settings: Settings, route53: Route53, health: HealthChecks) -> None:
        self._settings, self._route53, self._health = settings, route53, health
        self._zone: Zone | None = None

    @property
    def hostname(self) -> str:
        """Return the host name."""
        return self._settings.hostname

    def regions(self) -> tuple[Region, ...]:
        """Return every region that has a record, home first. Raises NotFoundError if none has."""
        records = self._records()
        checks = {check.id: check for check in self._health.all()}
        found = {record.placement.region: record for record in records if record.placement}
        order = (*self._settings.regions, *found)
        return tuple(self._region(found[name], checks) for name in dict.fromkeys(order) if name in found)

    def region(self, name: str) -> Region:
        """Return one region. Raises NotFoundError if it has no record."""
        found = find_region(self.regions(), name)
        if found is None:
            raise NotFoundError(
                f"{name} has no record of {self.hostname}",
                why=self._record_names(),
                fix=Command("up", "--region", name),
            )
        return found

    def health_check(self, name: str) -> HealthCheck:
        """Return the region's health check. Raises NotFoundError if it has none."""
        check = self.region(name).check
        if check is None:
            raise NotFoundError(
                f"{name} has no health check in Route 53", fix=Command("up", "--region", name)
            )
        return check

    def drain(self, name: str) -> bool:
        """Take the region out of DNS. Return whether this changed anything."""
        check = self.health_check(name)
        if not check.is_drained:
            self._health.drain(check)
        return not check.is_drained

    def undrain(self, name: str) -> bool:
        """Put the region back into DNS, while it is healthy. Return whether this changed anything."""
        check = self.health_check(name)
        if check.is_drained or check.is_held:
            self._health.undrain(check)
        return check.is_drained

    def _region(self, record: Record, checks: dict[str, HealthCheck]) -> Region:
        assert record.placement is not None
        name = record.placement.region
        check = checks.get(record.placement.health_check)
        is_observed = check is not None and not (check.is_drained or check.is_held)
        observations = self._health.observations(check) if check and is_observed else ()
        target = plain_dns_name(record.alias.dns_name) if record.alias else ""
        return Region(name, role_of(self._settings, name), record.placement, target, check, observations)

    def _records(self) -> Sequence[Record]:
        """Return the records that have a routing policy. Raises NotFoundError if none is managed."""
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

    def _record_names(self) -> str:
        return f"records: {', '.join(region.name for region in self.regions())}"
