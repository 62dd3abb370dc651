"""A release watched until it serves: pods of the pushed digest ready, an address, the pods its targets.

Knows nothing of helm, and changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from epochctl.aws.network import Subnets
from epochctl.errors import DeployError
from epochctl.kube import Kube, PodState, Trouble, lb_controller
from epochctl.kube.rollout import Rollout
from epochctl.outputs import Infrastructure, PushedImage
from epochctl.steps.deploy import chart
from epochctl.steps.deploy.auto_rollback import REMEDIES
from epochctl.steps.deploy.ingress_errors import IngressError, decode_ingress_error
from epochctl.steps.deploy.targets import AddressProbe, TargetHealth, TargetsProbe
from epochctl.workflow.step import Context


@dataclass(frozen=True)
class ReleaseWatch:
    """patience: seconds for all pods."""

    kube: Kube
    serving: TargetHealth
    subnets: Subnets
    patience: float

    def run(self, ctx: Context, image: PushedImage) -> str:
        """In this order. The load balancer's address; raises the one cause that is certain."""
        pods = self._await_pods(ctx)
        for pod in pods:
            if line := image_mismatch(pod, image):
                raise DeployError("the pods run another image than the one that was pushed", why=line)
        probe, fix = AddressProbe(self.serving, ctx.clock, partial(self._look, ctx)), "epochctl status"
        address = ctx.wait_for("the load balancer", probe, deadline=300, fix=fix, longest=2.0)
        targets = TargetsProbe(self.serving, pods, ctx.clock)
        ctx.wait_for("the load balancer to serve the pods", targets, deadline=420, fix=fix, longest=3.0)
        return address

    def _await_pods(self, ctx: Context) -> tuple[PodState, ...]:
        name, namespace = self.serving.name, self.serving.namespace

        def fail(trouble: Trouble, why: str) -> DeployError:
            what = f"release {name} does not become healthy"
            return DeployError(what, why=why, fix=REMEDIES.get(trouble.kind, ""))

        selector, gate = chart.selector(name), self.serving.gate
        rollout = Rollout(self.kube, namespace, name, selector, ctx.clock, fail=fail, gate=gate)
        what, fix = "the pods of the release", "epochctl logs"
        return ctx.wait_for(what, rollout.probe, deadline=self.patience, fix=fix, longest=2.0)

    def _look(self, ctx: Context) -> IngressError:
        """What keeps the load balancer from being made, with what AWS says about the subnets."""
        infra = ctx.outputs.find(Infrastructure)
        role = self.kube.role_of(lb_controller.NAMESPACE, lb_controller.NAME) or ""
        events = self.kube.events(self.serving.namespace, self.serving.name, kind="Ingress", limit=3)
        subnets = self.subnets.describe(infra.public_subnet_ids if infra else ())
        return decode_ingress_error(events, role.rpartition("/")[2], subnets)


def image_mismatch(pod: PodState, image: PushedImage) -> str:
    """That a pod runs something else than the pushed image; "" where it does not."""
    if pod.runs(image.digest):
        return ""
    return f"pod {pod.name} runs {', '.join(pod.image_digests or pod.images)}, pushed was {image.digest}"
