"""Exactly the pods are served, or the reason why not."""

from __future__ import annotations

import dataclasses
from typing import Any, cast

from epochctl.aws.elbv2 import Target
from epochctl.kube import DeploymentState, IngressState, PodState
from epochctl.outputs import PushedImage
from epochctl.steps.deploy.targets import TargetHealth, TargetsProbe, unhealthy_reasons, unserved
from epochctl.steps.deploy.watch import ReleaseWatch
from epochctl.workflow.events import Event
from epochctl.workflow.outputs import Outputs
from epochctl.workflow.step import Context
from epochctl.workflow.waiting import Pending

POD = PodState(
    "web-1", "Running", True, "", "", 0, (), (), "n", "10.0.0.1", 0, True, True, True, False, "new", 1.0
)


def target(address: str, state: str, reason: str = "") -> Target:
    return Target(address, 8080, state, reason, "")


def test_healthy_pods_and_draining_old_ones_are_fine() -> None:
    assert unserved((target("10.0.0.1", "healthy"), target("10.0.0.9", "draining")), (POD,)) is None


def test_each_hindrance_is_named() -> None:
    missing = unserved((), (POD,))
    initial = unserved((target("10.0.0.1", "initial", "Elb.RegistrationInProgress"),), (POD,))
    sick = unserved((target("10.0.0.1", "unhealthy", "Target.Timeout"),), (POD,))
    old = unserved((target("10.0.0.1", "healthy"), target("10.0.0.9", "healthy")), (POD,))
    assert missing
    assert "not a target yet" in missing.message
    assert initial
    assert "Elb.RegistrationInProgress" in initial.message
    assert initial.kind != "unhealthy", "on its way is never final"
    assert sick
    assert sick.kind == "unhealthy"
    assert old
    assert "10.0.0.9" in old.message


def test_every_pod_counts() -> None:
    other = dataclasses.replace(POD, name="web-2", address="10.0.0.2")
    trouble = unserved((target("10.0.0.1", "healthy"),), (POD, other))
    assert trouble
    assert "web-2" in trouble.message


def test_a_closed_gate_is_what_its_target_says() -> None:
    sick = unhealthy_reasons((target("10.0.0.1", "unhealthy"), target("10.0.0.9", "healthy")), (POD,))
    assert sick
    assert sick.kind == "unhealthy"
    assert sick.grace < 60
    assert unhealthy_reasons((target("10.0.0.1", "healthy"), target("10.0.0.9", "healthy")), (POD,)) is None


def test_without_pods_nothing_is_missing_and_what_leaves_may_leave() -> None:
    assert unserved((), ()) is None
    assert unserved((target("10.0.0.9", "draining"),), ()) is None
    assert unhealthy_reasons((), ()) is None
    old = unserved((target("10.0.0.9", "healthy"),), ())
    assert old
    assert old.kind == "old"


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
    serving = TargetHealth(kube, kube, "epoch-production", "epoch")
    events: list[Event] = []
    ctx = Context("deploy", Outputs(), events.append)
    image = PushedImage("repository", "sha256:1", "tag")
    assert ReleaseWatch(kube, serving, kube, patience=1.0).run(ctx, image) == "lb.example.com"
    assert events == []  # nothing was waited for
    unbound = cast("Any", Sleeping(groups=()))
    probe = TargetsProbe(TargetHealth(unbound, unbound, "epoch-production", "epoch"), (), ctx.clock)
    assert isinstance(probe(), Pending)
