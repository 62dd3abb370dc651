"""One host name, several regions: this region's record among the others', and its health check.

Two regions may change the records at the same time: Route 53 refuses the second change, which is then made
again from a fresh read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from epochctl.aws.elbv2 import LoadBalancer
from epochctl.aws.route53 import (
    ADDRESS_TYPES,
    Alias,
    HealthCheck,
    HealthChecks,
    Record,
    RecordConflict,
    Route53,
    Zone,
)
from epochctl.command import Command
from epochctl.config.settings import Settings
from epochctl.errors import EpochctlError
from epochctl.steps.dns.records import (
    RegionShare,
    plan_records,
    records_of_others,
    records_without,
    region_of,
    region_share,
)
from epochctl.workflow.step import Context

ATTEMPTS = 6
PAUSE = 2.0  # seconds; longer with each attempt


@dataclass(frozen=True)
class RoutedRecords:
    """The records of the host name in one zone, as one region changes them."""

    settings: Settings
    region: str
    owner: str
    zone: Zone
    route53: Route53
    health: HealthChecks

    def read(self) -> tuple[Record, ...]:
        """Return the records that decide where the host name leads."""
        found = self.route53.records(self.zone, self.settings.hostname)
        return tuple(record for record in found if record.type in ADDRESS_TYPES)

    def shares(self) -> tuple[RegionShare, ...]:
        """Return each region's part of the host name, with what Route 53's health checkers see."""
        checks = {check.region: check for check in self.health.all()}
        return tuple(
            region_share(record, check, self.health.observations(check) if check else ())
            for record in self.read()
            if record.alias and region_of(record)
            for check in (checks.get(region_of(record)),)
        )

    def is_shared(self, records: Sequence[Record]) -> bool:
        """Return whether several regions share the name, by the settings or by records that are left."""
        return self.settings.is_multi_region or bool(records_of_others(records, self.region))

    def is_last_of_several(self, records: Sequence[Record]) -> bool:
        """Return whether the record still has a routing policy although the other regions are gone."""
        return not self.is_shared(records) and any(one.placement for one in records)

    def pending_changes(
        self, balancer: LoadBalancer, records: Sequence[Record], check: HealthCheck | None
    ) -> tuple[str, ...]:
        """Return what `put_region` would do, a line each. check: this region's, as it is."""
        lines = []
        if check is None or not self._is_current(check, balancer):
            verb = "put right" if check else "make"
            lines.append(f"{verb} the health check of https://{balancer.dns_name}{self._path}")
        planned = self._planned(balancer, check.id if check else "", records)
        if check is None or not _same(planned, records):
            lines.append(f"route {self.settings.hostname} to {planned[0].placement or self.region}")
        return tuple(lines)

    def put_region(self, ctx: Context, balancer: LoadBalancer) -> str:
        """Create or update this region's health check and record; return the change's id.

        A region that was drained by `failover` stays drained.
        """
        check = self.health.ensure(self.region, balancer.dns_name, self._path)
        if check.is_drained:
            fix = Command("failover", "to", "all")
            ctx.report(f"{self.region} is drained: its record stays out of the answers (back: {fix})")
        return self._replace(ctx, lambda records: self._planned(balancer, check.id, records))

    def make_simple(self, ctx: Context, balancer: LoadBalancer) -> str:
        """Replace the last of several records by a simple one without health check; return the change id."""
        change = self._replace(ctx, lambda records: self._planned(balancer, "", records))
        self._remove_unused_check()
        return change

    def evaluate_target_health(self, ctx: Context, *, enabled: bool) -> str:
        """Set EvaluateTargetHealth on this region's alias record; return the change's id."""

        def plan(records: tuple[Record, ...]) -> tuple[Record, ...]:
            return tuple(
                replace(one, alias=replace(one.alias, evaluates_health=enabled))
                if one.alias and region_of(one) == self.region
                else one
                for one in records
            )

        return self._replace(ctx, plan)

    def remove_region(self, ctx: Context) -> tuple[str, tuple[str, ...]]:
        """Remove this region's record and health check; return the change id and a line for each removal."""
        change, lines = self._remove(
            ctx, lambda records: records_without(self.settings, self.region, records)
        )
        return change, (*lines, *self.health.remove(self.region), *self._remove_unused_check())

    def remove_record(self, ctx: Context) -> tuple[str, tuple[str, ...]]:
        """Do as `remove_region` for a former host name, whose health checks the current name uses."""
        return self._remove(ctx, lambda records: records_of_others(records, self.region))

    def _remove(
        self, ctx: Context, keep: Callable[[Sequence[Record]], tuple[Record, ...]]
    ) -> tuple[str, tuple[str, ...]]:
        """Remove what `keep` does not return.

        Of two regions that leave at the same time, each may take the other's record for one that stays:
        whichever then finds no record left removes the companion record.
        """
        removed: list[Record] = []

        def change() -> str:
            records = self._owned()
            kept = keep(records)
            removed[:] = [
                one for one in records if one not in records_of_others(records, self.region)
            ] or removed
            return self._rearrange(records, kept) if len(kept) < len(records) or not kept else ""

        change_id = self._retry_refused(ctx, change)
        change_id = change_id if self.read() else self._retry_refused(ctx, change)
        return change_id, tuple(f"DNS record {record} in zone {self.zone.name}" for record in removed)

    def _remove_unused_check(self) -> tuple[str, ...]:
        """Delete the health check of a record that has become simple: nothing uses it any more."""
        records = self.read()
        region = region_of(records[0]) if len(records) == 1 and not records[0].placement else ""
        return self.health.remove(region) if region else ()

    def _owned(self) -> tuple[Record, ...]:
        """Return the records. Raises EpochctlError if epochctl does not own them, or not their policy.

        Records and companion are read one after the other: if another region removed both in between, the
        records only look foreign.
        """
        records = self.read()
        if records and not self.route53.is_owned(self.zone, self.settings.hostname, self.owner):
            if self.read() != records:
                raise RecordConflict("the records changed between two looks", why="another region's are gone")
            raise foreign_records(self.settings.hostname, self.zone, records)
        if any(one.placement and one.placement.kind == "other" for one in records):
            raise foreign_records(self.settings.hostname, self.zone, records)
        return records

    def _replace(self, ctx: Context, plan: Callable[[tuple[Record, ...]], tuple[Record, ...]]) -> str:
        """Replace the records by those that `plan` makes of them; return the change's id."""

        def change() -> str:
            records = self._owned()
            return self._rearrange(records, plan(records))

        return self._retry_refused(ctx, change)

    def _rearrange(self, records: Sequence[Record], planned: Sequence[Record]) -> str:
        return self.route53.replace_records(self.zone, self.settings.hostname, self.owner, records, planned)

    def _planned(self, balancer: LoadBalancer, check: str, records: Sequence[Record]) -> tuple[Record, ...]:
        alias = Alias(balancer.dns_name, balancer.hosted_zone_id)
        own = Record(self.settings.hostname, "A", alias=alias)
        return plan_records(self.settings, own, self.region, check, records)

    def _is_current(self, check: HealthCheck, balancer: LoadBalancer) -> bool:
        checks_this = (check.target, check.path) == (balancer.dns_name, self._path)
        return checks_this and check.is_tagged and not check.is_held

    @property
    def _path(self) -> str:
        return self.settings.service.health_path

    def _retry_refused(self, ctx: Context, change: Callable[[], str]) -> str:
        """Make the change, again from a fresh read where another region was faster."""
        for attempt in range(1, ATTEMPTS):
            try:
                return change()
            except RecordConflict as error:
                ctx.report(f"another run changed the records of {self.settings.hostname}: {error.why}")
                ctx.clock.sleep(PAUSE * attempt)
        return change()


def foreign_records(hostname: str, zone: Zone, records: Sequence[Record], target: str = "") -> EpochctlError:
    """Return the error for records that epochctl did not create. target: what they could lead to instead."""
    keep = f", or point it at {target} yourself" if target else ""
    return EpochctlError(
        f"{hostname} already has a record in zone {zone.name} that epochctl did not make",
        why="; ".join(str(record) for record in records),
        fix=f"remove it{keep}; then run the same command again",
    )


def _same(planned: Sequence[Record], records: Sequence[Record]) -> bool:
    return len(planned) == len(records) and all(
        any(one.is_equivalent(other) for other in records) for one in planned
    )
