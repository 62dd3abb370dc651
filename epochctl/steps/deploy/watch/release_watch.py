"""Waits until a release serves: pods of the pushed digest ready, a load balancer, the pods as its targets.

Changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from epochctl.aws.elbv2 import Elbv2, Target
from epochctl.aws.network import Subnets
from epochctl.command import Command
from epochctl.errors import DeployError
from epochctl.kube import Kube, PodState, Trouble, lb_controller
from epochctl.kube.rollout import Rollout, TroubleTimers
from epochctl.outputs import Infrastructure, PushedImage
from epochctl.steps.deploy import chart
from epochctl.steps.deploy.watch.causes import (
    REMEDIES,
    TARGET_GRACE,
    NoRollbackError,
    find_unhealthy,
    find_unserved,
    image_mismatch,
    ingress_failure,
    rollout_failure,
)
from epochctl.workflow.step import Context
from epochctl.workflow.waiting import Clock, Pending, Ready

NO_EVENTS = "the controller has not made a load balancer yet"
# Seconds until a missing load balancer is final: with a warning on the Ingress, and without one.
WARNING_GRACE, SILENCE_GRACE = 45.0, 180.0

Pods = tuple[PodState, ...]


@dataclass(frozen=True)
class TargetHealth:
    """The load balancer of one release: its address, and the health of its targets."""

    kube: Kube
    elbv2: Elbv2
    namespace: str
    name: str

    def address(self) -> tuple[str, str]:
        """Return the load balancer's DNS name and "", or "" and why there is none yet."""
        ingress = self.kube.ingress(self.namespace, self.name)
        if ingress is None:
            return "", f"there is no Ingress {self.name}"
        if ingress.address:
            return ingress.address, ""
        events = self.kube.events(self.namespace, self.name, kind="Ingress", limit=1)
        return "", events[0] if events else NO_EVENTS

    def closed_gate(self, pods: Pods) -> Trouble | None:
        """Return what keeps the readiness gates of these pods closed, or None where nothing is known."""
        return self._first(self.kube.target_groups(self.namespace), pods, find_unhealthy)

    def why_not_serving(self, pods: Pods) -> Trouble | None:
        """Return why the load balancer does not send to exactly these pods, or None if it does."""
        groups = self.kube.target_groups(self.namespace)
        if not groups:
            return Trouble("binding", "no target group is bound to the service yet", TARGET_GRACE)
        return self._first(groups, pods, find_unserved)

    def _first(
        self, groups: tuple[str, ...], pods: Pods, find: Callable[[tuple[Target, ...], Pods], Trouble | None]
    ) -> Trouble | None:
        causes = (find(self.elbv2.target_health(arn), pods) for arn in groups)
        return next((cause for cause in causes if cause), None)


@dataclass(frozen=True)
class ReleaseWatch:
    """One release to wait for. timeout: seconds for all of its pods."""

    kube: Kube
    target_health: TargetHealth
    subnets: Subnets
    timeout: float

    def run(self, ctx: Context, image: PushedImage) -> str:
        """Wait for the pods, the load balancer and its targets; return the load balancer's DNS name.

        Raises DeployError for a cause that is certain, DeadlineError where none is.
        """
        pods = self._wait_for_pods(ctx)
        for pod in pods:
            if line := image_mismatch(pod, image):
                raise DeployError("the pods run another image than the one that was pushed", why=line)
        fix = Command("status")
        balancer = balancer_probe(self.target_health, ctx.clock, partial(self._ingress_failure, ctx))
        address = ctx.wait_for("the load balancer", balancer, deadline=300, fix=fix, longest=2.0)
        targets = targets_probe(self.target_health, pods, ctx.clock)
        ctx.wait_for("the load balancer to serve the pods", targets, deadline=420, fix=fix, longest=3.0)
        return address

    def _wait_for_pods(self, ctx: Context) -> Pods:
        name = self.target_health.name
        rollout = Rollout(
            self.kube,
            self.target_health.namespace,
            name,
            chart.selector(name),
            ctx.clock,
            fail=partial(rollout_failure, name),
            gate=self.target_health.closed_gate,
        )
        what, fix = "the pods of the release", Command("logs")
        return ctx.wait_for(what, rollout.probe, deadline=self.timeout, fix=fix, longest=2.0)

    def _ingress_failure(self, ctx: Context) -> NoRollbackError:
        """Read the controller's warnings, its role and the subnets; return the error that they explain."""
        infra = ctx.outputs.find(Infrastructure)
        role = self.kube.role_of(lb_controller.NAMESPACE, lb_controller.NAME) or ""
        namespace, name = self.target_health.namespace, self.target_health.name
        events = self.kube.events(namespace, name, kind="Ingress", limit=3)
        subnets = self.subnets.describe(infra.public_subnet_ids if infra else ())
        return ingress_failure(events, role.rpartition("/")[2], subnets)


def balancer_probe(
    target_health: TargetHealth, clock: Clock, failure: Callable[[], NoRollbackError]
) -> Callable[[], Ready[str] | Pending]:
    """Return a probe for the load balancer's DNS name. A warning of the controller is final once it lasts."""
    timers = TroubleTimers(clock)

    def probe() -> Ready[str] | Pending:
        address, cause = target_health.address()
        if address:
            return Ready(address)
        kind, grace = ("silence", SILENCE_GRACE) if cause == NO_EVENTS else ("warning", WARNING_GRACE)
        if timers.is_final(Trouble(kind, cause, grace)):
            raise failure()
        return Pending(cause)

    return probe


def targets_probe(
    target_health: TargetHealth, pods: Pods, clock: Clock
) -> Callable[[], Ready[None] | Pending]:
    """Return a probe for exactly these pods as healthy targets. An unhealthy one is final once it lasts."""
    timers = TroubleTimers(clock)

    def probe() -> Ready[None] | Pending:
        trouble = target_health.why_not_serving(pods)
        if trouble is None:
            return Ready(None)
        if trouble.kind != "unhealthy":
            timers.forget("unhealthy")
        elif timers.is_final(trouble):
            fix = REMEDIES[trouble.kind]
            raise DeployError("the load balancer cannot reach the pods", why=trouble.message, fix=fix)
        return Pending(trouble.message)

    return probe
