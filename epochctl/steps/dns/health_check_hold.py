"""A region is kept in the answers while its checks would ask for what nobody answers yet, or any more.

Begun before a release with another health path is sent, ended when it stands. A run that is killed between
leaves a region whose health counts for nothing: `dns` is due then, and `failover status` says so.
"""

from __future__ import annotations

from contextlib import suppress

from epochctl.aws.elbv2 import Elbv2, plain_dns_name
from epochctl.aws.route53 import HealthChecks, Route53, is_healthy, owner_text
from epochctl.config.settings import Settings
from epochctl.errors import DeadlineError, Interrupted
from epochctl.steps.dns.propagation import wait_in_sync
from epochctl.steps.dns.record_plan import region_of
from epochctl.steps.dns.routed_records import RoutedRecords
from epochctl.workflow.step import Context
from epochctl.workflow.waiting import Pending, Ready

TARGETS_DEADLINE = 60.0


class HealthCheckHold:
    """One region's part of a host name that several share; of a name that is one region's alone, nothing."""

    def __init__(
        self, settings: Settings, region: str, *, route53: Route53, elbv2: Elbv2, health: HealthChecks
    ) -> None:
        self._settings, self._region = settings, region
        self._route53, self._elbv2, self._health = route53, elbv2, health

    def begin(self, ctx: Context) -> bool:
        """The check sleeps, which Route 53 takes for healthy; nor does the load balancer's opinion count.

        False where no check asks for a path. What is out of the answers (drained, ill, asleep) stays out.
        """
        check, sharing = self._health.find(self._region), self._sharing()
        if check is None or sharing is None:
            return False
        if check.is_drained or is_healthy(self._health.observations(check)) is False:
            return True
        ctx.say(
            f"the health path changes: {self._region} stays in the answers of DNS whatever its checks see"
        )
        self._health.disable(check)
        change = sharing.trust(ctx, evaluates=False)
        wait_in_sync(ctx, self._route53, self._settings.hostname, change)
        return True

    def end(self, ctx: Context, path: str) -> None:
        """The check asks for `path` from now on. A region that was drained meanwhile stays so."""
        check, sharing = self._health.find(self._region), self._sharing()
        if sharing is not None and check is not None and check.is_held:
            with suppress(DeadlineError, Interrupted):  # whatever serves: its checks are to see it again
                self._wait_for_targets(ctx, sharing)
        if sharing is not None:
            sharing.trust(ctx, evaluates=True)
        check = self._health.find(self._region)  # as it is after the wait
        if check is not None:
            self._health.set_path(check, path)

    def _sharing(self) -> RoutedRecords | None:
        zone = self._route53.zone_for(self._settings.hostname)
        if zone is None:
            return None
        owner = owner_text(self._settings.tags)
        return RoutedRecords(self._settings, self._region, owner, zone, self._route53, self._health)

    def _wait_for_targets(self, ctx: Context, sharing: RoutedRecords) -> None:
        """As Route 53 sees a load balancer: healthy when each group that it sends to has a healthy target."""

        def probe() -> Ready[None] | Pending:
            bare = [name for name, states in self._groups(sharing) if "healthy" not in states]
            return Pending(f"no target of {bare[0]} is healthy yet") if bare else Ready(None)

        ctx.wait_for("the load balancer's own checks", probe, deadline=TARGETS_DEADLINE)

    def _groups(self, sharing: RoutedRecords) -> list[tuple[str, set[str]]]:
        """Its target groups, each with the states of its targets."""
        names = [
            one.alias.dns_name for one in sharing.present() if one.alias and region_of(one) == self._region
        ]
        balancer = self._elbv2.by_dns_name(plain_dns_name(names[0])) if names else None
        groups = self._elbv2.target_groups_of(balancer.arn) if balancer else ()
        return [(group.name, {one.state for one in self._elbv2.target_health(group.arn)}) for group in groups]
