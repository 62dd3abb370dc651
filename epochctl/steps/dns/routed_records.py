"""One host name, several regions: this region's record among the others', and its health check.

Two regions may be at it at the same time: Route 53 refuses the second, which looks again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

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
from epochctl.config.settings import Settings
from epochctl.errors import EpochctlError
from epochctl.steps.dns.record_plan import others, plan_records, region_of, remaining
from epochctl.steps.dns.region_share import RegionShare, region_share
from epochctl.workflow.step import Context

T = TypeVar("T")
ATTEMPTS = 6
PAUSE = 2.0  # seconds, and longer each time


@dataclass(frozen=True)
class RoutedRecords:
    """The records of the host name in one zone, as one region sees them."""

    settings: Settings
    region: str
    owner: str
    zone: Zone
    route53: Route53
    health: HealthChecks

    def present(self) -> tuple[Record, ...]:
        """What decides now where the name leads."""
        found = self.route53.records(self.zone, self.settings.hostname)
        return tuple(record for record in found if record.type in ADDRESS_TYPES)

    def shares(self) -> tuple[RegionShare, ...]:
        """What becomes of a client that asks for the name now, by region."""
        checks = {check.region: check for check in self.health.all()}
        return tuple(
            region_share(record, check, self.health.observations(check) if check else ())
            for record in self.present()
            if record.alias and region_of(record)
            for check in (checks.get(region_of(record)),)
        )

    def wanted(self, present: Sequence[Record]) -> bool:
        """Whether the name is one of several regions: by the settings, or still."""
        return self.settings.is_multi_region or bool(others(present, self.region))

    def lonely(self, present: Sequence[Record]) -> bool:
        """Whether it is one of several whose others are gone."""
        return not self.wanted(present) and any(one.placement for one in present)

    def simplify(self, ctx: Context, balancer: LoadBalancer) -> str:
        """A lonely record becomes a simple one, which needs no health check; the change's id."""

        def change() -> str:
            present = self._ours()
            return self._rearrange(present, self._arranged(balancer, "", present))

        told = self._insisting(ctx, change)
        self._spare_checks()
        return told

    def due(
        self, balancer: LoadBalancer, present: Sequence[Record], check: HealthCheck | None
    ) -> tuple[str, ...]:
        """What `join` would do, a line each. check: this region's, as it is."""
        hostname = self.settings.hostname
        lines = []
        if check is None or not self._right(check, balancer):
            verb = "put right" if check else "make"
            lines.append(f"{verb} the health check of https://{balancer.dns_name}{self._path}")
        records = self._arranged(balancer, check.id if check else "", present)
        if check is None or not _same(records, present):
            lines.append(f"route {hostname} to {records[0].placement or self.region}")
        return tuple(lines)

    def join(self, ctx: Context, balancer: LoadBalancer) -> str:
        """Make it so; the change's id. A region that is drained stays so: that was a person's decision."""
        check = self.health.ensure(self.region, balancer.dns_name, self._path)
        if check.is_drained:
            fix = "epochctl failover to all"
            ctx.say(f"{self.region} is drained: its record stays out of the answers (back: {fix})")

        def change() -> str:
            present = self._ours()
            return self._rearrange(present, self._arranged(balancer, check.id, present))

        return self._insisting(ctx, change)

    def trust(self, ctx: Context, *, evaluates: bool) -> str:
        """Whether the load balancer's opinion of its own health counts for this region; the change's id."""

        def change() -> str:
            present = self._ours()
            wanted = (_trusted(one, evaluates) if region_of(one) == self.region else one for one in present)
            return self._rearrange(present, tuple(wanted))

        return self._insisting(ctx, change)

    def leave(self, ctx: Context) -> tuple[str, tuple[str, ...]]:
        """This region's record out of the answers, the others' left; the change's id and what was removed."""
        told, lines = self._out(ctx, lambda present: remaining(self.settings, self.region, present))
        return told, (*lines, *self.health.remove(self.region), *self._spare_checks())

    def abandon(self, ctx: Context) -> tuple[str, tuple[str, ...]]:
        """As `leave`, of a host name that is another now: its health checks are the new name's."""
        return self._out(ctx, lambda present: others(present, self.region))

    def _out(
        self, ctx: Context, staying: Callable[[Sequence[Record]], tuple[Record, ...]]
    ) -> tuple[str, tuple[str, ...]]:
        """Of two that leave at the same time each may take the other for staying: whoever then finds none
        left takes the companion.
        """
        removed: list[Record] = []

        def change() -> str:
            present = self._ours()
            kept = staying(present)
            removed[:] = [one for one in present if one not in others(present, self.region)] or removed
            return self._rearrange(present, kept) if len(kept) < len(present) or not kept else ""

        told = self._insisting(ctx, change)
        told = told if self.present() else self._insisting(ctx, change)
        return told, tuple(f"DNS record {record} in zone {self.zone.name}" for record in removed)

    def _spare_checks(self) -> tuple[str, ...]:
        """Of a record that is simple again: nobody looks at its health check any more."""
        present = self.present()
        alone = region_of(present[0]) if len(present) == 1 and not present[0].placement else ""
        return self.health.remove(alone) if alone else ()

    def _ours(self) -> tuple[Record, ...]:
        """Raises where one of them is somebody else's, or of a policy that is not ours.

        Record and companion are two looks: another region that took both away in between is no stranger.
        """
        present = self.present()
        if present and not self.route53.is_owned(self.zone, self.settings.hostname, self.owner):
            if self.present() != present:
                raise RecordConflict("the records changed between two looks", why="another region's are gone")
            raise foreign(self.settings.hostname, self.zone, present)
        if any(one.placement and one.placement.kind == "other" for one in present):
            raise foreign(self.settings.hostname, self.zone, present)
        return present

    def _rearrange(self, present: Sequence[Record], wanted: Sequence[Record]) -> str:
        return self.route53.replace_records(self.zone, self.settings.hostname, self.owner, present, wanted)

    def _arranged(self, balancer: LoadBalancer, check: str, present: Sequence[Record]) -> tuple[Record, ...]:
        alias = Alias(balancer.dns_name, balancer.hosted_zone_id)
        own = Record(self.settings.hostname, "A", alias=alias)
        return plan_records(self.settings, own, self.region, check, present)

    def _right(self, check: HealthCheck, balancer: LoadBalancer) -> bool:
        asked = (check.target, check.path) == (balancer.dns_name, self._path)
        return asked and check.is_tagged and not check.is_held

    @property
    def _path(self) -> str:
        return self.settings.service.health_path

    def _insisting(self, ctx: Context, change: Callable[[], T]) -> T:
        """Again, from a fresh look, where another region was faster."""
        for attempt in range(1, ATTEMPTS):
            try:
                return change()
            except RecordConflict as error:
                ctx.say(f"another run changed the records of {self.settings.hostname}: {error.why}")
                ctx.clock.sleep(PAUSE * attempt)
        return change()


def _trusted(record: Record, evaluates: bool) -> Record:
    return (
        replace(record, alias=replace(record.alias, evaluates_health=evaluates)) if record.alias else record
    )


def foreign(hostname: str, zone: Zone, records: Sequence[Record], instead: str = "") -> EpochctlError:
    """Records that we did not make. instead: where they could lead, for whoever wants to keep them."""
    keep = f", or point it at {instead} yourself" if instead else ""
    return EpochctlError(
        f"{hostname} already has a record in zone {zone.name} that epochctl did not make",
        why="; ".join(str(record) for record in records),
        fix=f"remove it{keep}; then run the same command again",
    )


def _same(wanted: Sequence[Record], present: Sequence[Record]) -> bool:
    return len(wanted) == len(present) and all(
        any(one.is_equivalent(other) for other in present) for one in wanted
    )
