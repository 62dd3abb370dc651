"""Keeps a region in the DNS answers while a release with another health path replaces the one before.

A run that is killed in between leaves a region whose health is not evaluated: the `dns` step then has a
pending change, and `failover status` shows it.
"""

from __future__ import annotations

from contextlib import suppress

from epochctl.aws.elbv2 import Elbv2, plain_dns_name
from epochctl.aws.route53 import HealthChecks, Route53, is_healthy, owner_text
from epochctl.config.settings import Settings
from epochctl.errors import DeadlineError, Interrupted
from epochctl.steps.dns.propagation import wait_for_sync
from epochctl.steps.dns.records import region_of
from epochctl.steps.dns.routed_records import RoutedRecords
from epochctl.workflow.step import Context
from epochctl.workflow.waiting import Pending, Ready

TARGETS_DEADLINE = 60.0


class Route53HealthCheckHold:
    """The hold of one region's health check; does nothing where regions do not share the host name."""

    def __init__(
        self, settings: Settings, region: str, *, route53: Route53, elbv2: Elbv2, health: HealthChecks
    ) -> None:
        self._settings, self._region = settings, region
        self._route53, self._elbv2, self._health = route53, elbv2, health

    def begin(self, ctx: Context) -> bool:
        """Disable the health check, which Route 53 takes for healthy, and EvaluateTargetHealth.

        Return False where there is no health check. A region that is not in the answers stays out.
        """
        check, routed = self._health.find(self._region), self._routed_records()
        if check is None or routed is None:
            return False
        if check.is_drained or is_healthy(self._health.observations(check)) is False:
            return True
        ctx.report(
            f"the health path changes: {self._region} stays in the answers of DNS whatever its checks see"
        )
        self._health.disable(check)
        change = routed.evaluate_target_health(ctx, enabled=False)
        wait_for_sync(ctx, self._route53, self._settings.hostname, change)
        return True

    def end(self, ctx: Context, path: str) -> None:
        """Check `path` from now on. A region that was drained meanwhile stays drained."""
        check, routed = self._health.find(self._region), self._routed_records()
        if routed is not None and check is not None and check.is_held:
            with suppress(DeadlineError, Interrupted):  # health is to be checked again in any case
                self._wait_for_targets(ctx, routed)
        if routed is not None:
            routed.evaluate_target_health(ctx, enabled=True)
        check = self._health.find(self._region)  # as it is after the wait
        if check is not None:
            self._health.set_path(check, path)

    def _routed_records(self) -> RoutedRecords | None:
        zone = self._route53.zone_for(self._settings.hostname)
        if zone is None:
            return None
        owner = owner_text(self._settings.tags)
        return RoutedRecords(self._settings, self._region, owner, zone, self._route53, self._health)

    def _wait_for_targets(self, ctx: Context, routed: RoutedRecords) -> None:
        """Wait until each target group has a healthy target: then Route 53 takes the alias for healthy."""

        def probe() -> Ready[None] | Pending:
            unhealthy = [name for name, states in self._groups(routed) if "healthy" not in states]
            return Pending(f"no target of {unhealthy[0]} is healthy yet") if unhealthy else Ready(None)

        ctx.wait_for("the load balancer's own checks", probe, deadline=TARGETS_DEADLINE)

    def _groups(self, routed: RoutedRecords) -> list[tuple[str, set[str]]]:
        """Return name and target states of each target group behind the region's load balancer."""
        names = [one.alias.dns_name for one in routed.read() if one.alias and region_of(one) == self._region]
        balancer = self._elbv2.by_dns_name(plain_dns_name(names[0])) if names else None
        groups = self._elbv2.target_groups_of(balancer.arn) if balancer else ()
        return [(group.name, {one.state for one in self._elbv2.target_health(group.arn)}) for group in groups]
