"""Whether the load balancer serves a release: an address on the Ingress, its pods healthy targets, no others.

Knows nothing of helm.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from epochctl.aws.elbv2 import Elbv2, Target
from epochctl.errors import DeployError
from epochctl.kube import Kube, PodState, Trouble
from epochctl.kube.rollout import TroubleTimers
from epochctl.steps.deploy.auto_rollback import REMEDIES, NotRollbackable
from epochctl.steps.deploy.ingress_errors import IngressError
from epochctl.workflow.waiting import Clock, Pending, Ready

LEAVING = {"draining", "unused"}
PATIENCE, UNHEALTHY = 60.0, 45.0
NONE_YET = "the controller has not made a load balancer yet"
WAITS = {"complaint": 45.0, "silence": 180.0}  # before no address is taken for final


@dataclass
class TargetHealth:
    """What stands between a load balancer and the pods of a release."""

    kube: Kube
    elbv2: Elbv2
    namespace: str
    name: str

    def address(self) -> tuple[str, str]:
        """The load balancer's name, and "" or why there is none yet."""
        ingress = self.kube.ingress(self.namespace, self.name)
        if ingress is None:
            return "", f"there is no Ingress {self.name}"
        if ingress.address:
            return ingress.address, ""
        events = self.kube.events(self.namespace, self.name, kind="Ingress", limit=1)
        return "", events[0] if events else NONE_YET

    def gate(self, pods: tuple[PodState, ...]) -> Trouble | None:
        """What keeps the readiness gates of these pods closed: the health of their targets."""
        groups = self.kube.target_groups(self.namespace)
        if not groups:
            return None
        health = (unhealthy_reasons(self.elbv2.target_health(arn), pods) for arn in groups)
        return next((cause for cause in health if cause), None)

    def why_not_serving(self, pods: tuple[PodState, ...]) -> Trouble | None:
        """Why the pods are not what the load balancer serves; None where they are."""
        groups = self.kube.target_groups(self.namespace)
        if not groups:
            return Trouble("binding", "no target group is bound to the service yet", PATIENCE)
        causes = (unserved(self.elbv2.target_health(arn), pods) for arn in groups)
        return next((cause for cause in causes if cause), None)


@dataclass
class AddressProbe:
    """Ready with the load balancer's name. The controller's own complaint is final once it lasts.

    look: the complaint with what AWS says about it.
    """

    serving: TargetHealth
    clock: Clock
    look: Callable[[], IngressError]

    def __post_init__(self) -> None:
        self._patience = TroubleTimers(self.clock)

    def __call__(self) -> Ready[str] | Pending:
        address, cause = self.serving.address()
        if address:
            return Ready(address)
        known = "silence" if cause == NONE_YET else "complaint"
        if self._patience.is_final(Trouble(known, cause, WAITS[known])):
            found = self.look()
            raise NotRollbackable("the load balancer cannot be made", why=found.cause, fix=found.fix)
        return Pending(cause)


@dataclass
class TargetsProbe:
    """Ready once exactly these pods are served. An unhealthy target is final once it lasts."""

    serving: TargetHealth
    pods: tuple[PodState, ...]
    clock: Clock

    def __post_init__(self) -> None:
        self._patience = TroubleTimers(self.clock)

    def __call__(self) -> Ready[None] | Pending:
        trouble = self.serving.why_not_serving(self.pods)
        if trouble is None:
            return Ready(None)
        if trouble.kind != "unhealthy":
            self._patience.forget("unhealthy")
        elif self._patience.is_final(trouble):
            fix = REMEDIES[trouble.kind]
            raise DeployError("the load balancer cannot reach the pods", why=trouble.message, fix=fix)
        return Pending(trouble.message)


def unserved(targets: tuple[Target, ...], pods: tuple[PodState, ...]) -> Trouble | None:
    """What is wrong with a target group whose targets should be exactly the pods; None for nothing."""
    if cause := unhealthy_reasons(targets, pods):
        return cause
    ours = {pod.address for pod in pods}
    for target in targets:
        if target.address not in ours and target.state not in LEAVING:
            return Trouble("old", f"old target {target.address} is still {target.state}", PATIENCE)
    return None


def unhealthy_reasons(targets: tuple[Target, ...], pods: tuple[PodState, ...]) -> Trouble | None:
    """The first of these pods that the load balancer does not send to; None for none."""
    states = {target.address: target for target in targets}
    for pod in pods:
        target = states.get(pod.address)
        if target is None:
            return Trouble("missing", f"pod {pod.name} ({pod.address}) is not a target yet", PATIENCE)
        if target.state != "healthy":
            kind = "unhealthy" if target.state == "unhealthy" else "initial"
            return Trouble(kind, f"target {pod.address} ({pod.name}) is {_words(target)}", UNHEALTHY)
    return None


def _words(target: Target) -> str:
    return f"{target.state}: {target.reason} {target.description}".rstrip(" :")
