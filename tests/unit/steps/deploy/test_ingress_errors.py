"""What the controller's warnings mean to a person."""

from __future__ import annotations

from epochctl.aws.network import Subnet
from epochctl.steps.deploy.ingress_errors import ROLE_TAG, decode_ingress_error

ALL = tuple(Subnet(f"subnet-{zone}", f"us-west-2{zone}", {ROLE_TAG: "1"}) for zone in "ab")
BARE = Subnet("subnet-c", "us-west-2c", {"Name": "x"})
DENIED = (
    "FailedDeployModel: Failed deploy model due to operation error Elastic Load Balancing v2: "
    "CreateLoadBalancer, https response error StatusCode: 403, api error AccessDenied: User: "
    "arn:aws:sts::123456789012:assumed-role/epoch-production-lb-controller/17 is not authorized to perform: "
    "elasticloadbalancing:CreateLoadBalancer on resource: * because no identity-based policy allows it"
)
UNTAGGED = "FailedBuildModel: Failed build model due to couldn't auto-discover subnets: 0 match"


def test_a_missing_action_is_named_with_its_role() -> None:
    found = decode_ingress_error((DENIED,), "", ALL)
    assert "epoch-production-lb-controller" in found.cause.splitlines()[0]
    assert "elasticloadbalancing:CreateLoadBalancer" in found.cause.splitlines()[0]
    assert "epochctl infra up" in found.fix


def test_a_role_that_cannot_be_assumed_is_named() -> None:
    event = "FailedBuildModel: Not authorized to perform sts:AssumeRoleWithWebIdentity"
    assert "the-role cannot be assumed" in decode_ingress_error((event,), "the-role", ALL).cause


def test_missing_tags_are_named_with_their_subnets() -> None:
    cause = decode_ingress_error((UNTAGGED,), "", (*ALL, BARE)).cause.splitlines()[0]
    assert f"{ROLE_TAG}=1 is missing on subnet-c (us-west-2c)" in cause
    assert "subnet-a" not in cause


def test_one_zone_is_not_enough() -> None:
    assert "two zones" in decode_ingress_error((UNTAGGED,), "", ALL[:1]).cause


def test_anything_else_is_shown_as_it_came_and_silence_is_said() -> None:
    assert "  Odd: never seen" in decode_ingress_error(("Odd: never seen",), "", ALL).cause
    assert "says nothing" in decode_ingress_error((), "", ALL).cause
