"""Causes of a failed rollout: what the controller's warnings mean, and which target is not right."""

from __future__ import annotations

import dataclasses

from epochctl.aws.elbv2 import Target
from epochctl.aws.network import Subnet
from epochctl.kube import PodState
from epochctl.steps.deploy.watch.causes import (
    ROLE_TAG,
    find_unhealthy,
    find_unserved,
    ingress_failure,
)

ALL = tuple(Subnet(f"subnet-{zone}", f"us-west-2{zone}", {ROLE_TAG: "1"}) for zone in "ab")
BARE = Subnet("subnet-c", "us-west-2c", {"Name": "x"})
DENIED = (
    "FailedDeployModel: Failed deploy model due to operation error Elastic Load Balancing v2: "
    "CreateLoadBalancer, https response error StatusCode: 403, api error AccessDenied: User: "
    "arn:aws:sts::123456789012:assumed-role/epoch-production-lb-controller/17 is not authorized to perform: "
    "elasticloadbalancing:CreateLoadBalancer on resource: * because no identity-based policy allows it"
)
UNTAGGED = "FailedBuildModel: Failed build model due to couldn't auto-discover subnets: 0 match"
POD = PodState(
    "web-1", "Running", True, "", "", 0, (), (), "n", "10.0.0.1", 0, True, True, True, False, "new", 1.0
)


def target(address: str, state: str, reason: str = "") -> Target:
    return Target(address, 8080, state, reason, "")


def test_a_missing_action_is_named_with_its_role() -> None:
    found = ingress_failure((DENIED,), "", ALL)
    assert "epoch-production-lb-controller" in found.why.splitlines()[0]
    assert "elasticloadbalancing:CreateLoadBalancer" in found.why.splitlines()[0]
    assert "epochctl infra up" in found.fix


def test_a_role_that_cannot_be_assumed_is_named() -> None:
    event = "FailedBuildModel: Not authorized to perform sts:AssumeRoleWithWebIdentity"
    assert "the-role cannot be assumed" in ingress_failure((event,), "the-role", ALL).why


def test_missing_tags_are_named_with_their_subnets() -> None:
    cause = ingress_failure((UNTAGGED,), "", (*ALL, BARE)).why.splitlines()[0]
    assert f"{ROLE_TAG}=1 is missing on subnet-c (us-west-2c)" in cause
    assert "subnet-a" not in cause


def test_one_zone_is_not_enough() -> None:
    assert "two zones" in ingress_failure((UNTAGGED,), "", ALL[:1]).why


def test_anything_else_is_shown_as_it_came_and_silence_is_said() -> None:
    assert "  Odd: never seen" in ingress_failure(("Odd: never seen",), "", ALL).why
    assert "says nothing" in ingress_failure((), "", ALL).why


def test_healthy_pods_and_draining_old_ones_are_fine() -> None:
    assert find_unserved((target("10.0.0.1", "healthy"), target("10.0.0.9", "draining")), (POD,)) is None


def test_each_cause_is_named() -> None:
    missing = find_unserved((), (POD,))
    initial = find_unserved((target("10.0.0.1", "initial", "Elb.RegistrationInProgress"),), (POD,))
    sick = find_unserved((target("10.0.0.1", "unhealthy", "Target.Timeout"),), (POD,))
    old = find_unserved((target("10.0.0.1", "healthy"), target("10.0.0.9", "healthy")), (POD,))
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
    trouble = find_unserved((target("10.0.0.1", "healthy"),), (POD, other))
    assert trouble
    assert "web-2" in trouble.message


def test_a_closed_gate_is_what_its_target_says() -> None:
    sick = find_unhealthy((target("10.0.0.1", "unhealthy"), target("10.0.0.9", "healthy")), (POD,))
    assert sick
    assert sick.kind == "unhealthy"
    assert sick.grace < 60
    assert find_unhealthy((target("10.0.0.1", "healthy"), target("10.0.0.9", "healthy")), (POD,)) is None


def test_without_pods_nothing_is_missing_and_what_leaves_may_leave() -> None:
    assert find_unserved((), ()) is None
    assert find_unserved((target("10.0.0.9", "draining"),), ()) is None
    assert find_unhealthy((), ()) is None
    old = find_unserved((target("10.0.0.9", "healthy"),), ())
    assert old
    assert old.kind == "old"
