"""Exactly the pods are served, or the reason why not."""

from __future__ import annotations

import dataclasses

from epochctl.clients.elbv2 import Target
from epochctl.clients.kube import PodState
from epochctl.steps.deploy.serving import ailing, unserved

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
    sick = ailing((target("10.0.0.1", "unhealthy"), target("10.0.0.9", "healthy")), (POD,))
    assert sick
    assert sick.kind == "unhealthy"
    assert sick.patience < 60
    assert ailing((target("10.0.0.1", "healthy"), target("10.0.0.9", "healthy")), (POD,)) is None
