"""A release is watched until exactly its pods are served, or until the reason why not is certain."""

from __future__ import annotations

import dataclasses
from typing import Any, cast

from epochctl.aws.elbv2 import Target
from epochctl.kube import DeploymentState, IngressState, PodState
from epochctl.outputs import PushedImage
from epochctl.steps.deploy.watch.release_watch import ReleaseWatch, TargetHealth, targets_probe
from epochctl.workflow.events import Event
from epochctl.workflow.outputs import Outputs
from epochctl.workflow.step import Context
from epochctl.workflow.waiting import Pending


@dataclasses.dataclass
class Sleeping:
    """A cluster whose release has no pods, behind a load balancer. groups: bound to its Service."""

    groups: tuple[str, ...] = ("arn",)

    def deployment(self, namespace: str, name: str) -> DeploymentState:
        return DeploymentState(0, 0, 0, 0, 0, True, "", "1", ())

    def pods(self, namespace: str, selector: str) -> tuple[PodState, ...]:
        return ()

    def template_hash(self, namespace: str, selector: str, revision: str) -> str:
        return "new"

    def ingress(self, namespace: str, name: str) -> IngressState:
        return IngressState(name, "lb.example.com", (), False)

    def target_groups(self, namespace: str) -> tuple[str, ...]:
        return self.groups

    def target_health(self, arn: str) -> tuple[Target, ...]:
        return ()


def test_a_release_without_pods_is_deployed_once_it_has_a_load_balancer() -> None:
    kube = cast("Any", Sleeping())
    target_health = TargetHealth(kube, kube, "epoch-production", "epoch")
    events: list[Event] = []
    ctx = Context("deploy", Outputs(), events.append)
    image = PushedImage("repository", "sha256:1", "tag")
    assert ReleaseWatch(kube, target_health, kube, timeout=1.0).run(ctx, image) == "lb.example.com"
    assert events == []  # nothing was waited for
    unbound = cast("Any", Sleeping(groups=()))
    probe = targets_probe(TargetHealth(unbound, unbound, "epoch-production", "epoch"), (), ctx.clock)
    assert isinstance(probe(), Pending)
