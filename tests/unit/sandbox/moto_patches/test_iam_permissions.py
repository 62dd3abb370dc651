"""A role that pods assume may do what its policies say, and is refused in AWS's words."""

from __future__ import annotations

import json

import boto3
import pytest

from sandbox.moto_patches import iam_permissions
from sandbox.moto_patches.backends import backend

ALLOWED = ["elasticloadbalancing:Describe*", "ec2:Describe*"]
POLICY = {"Statement": [{"Effect": "Allow", "Action": ALLOWED, "Resource": "*"}]}
PROVIDER = "arn:aws:iam::123456789012:oidc-provider/x"
TRUST = {"Statement": [{"Effect": "Allow", "Principal": {"Federated": PROVIDER}}]}


@pytest.fixture
def key(account: None) -> str:
    """The access key of a pod that assumed a role with that policy."""
    iam = boto3.client("iam")
    trust = json.dumps({"Version": "2012-10-17", **TRUST})
    iam.create_role(RoleName="controller", AssumeRolePolicyDocument=trust)
    document = json.dumps({"Version": "2012-10-17", **POLICY})
    arn = iam.create_policy(PolicyName="p", PolicyDocument=document)["Policy"]["Arn"]
    iam.attach_role_policy(RoleName="controller", PolicyArn=arn)
    role = "arn:aws:iam::123456789012:role/controller"
    session = backend("sts", "").assume_role(
        region_name="us-west-2",
        role_session_name="17",
        role_arn=role,
        policy="",
        duration=900,
        external_id="",
    )
    return str(session.access_key_id)


def denied(key: str, service: str, action: str) -> str:
    refusal = iam_permissions.denial(service, key, "", f"Action={action}&Version=1".encode())
    return f"{refusal.code}: {refusal.message}" if refusal else ""


def test_what_the_policy_allows_passes(key: str) -> None:
    assert iam_permissions.is_evaluated("ec2", key)
    assert denied(key, "elasticloadbalancing", "DescribeLoadBalancers") == ""


def test_what_it_does_not_is_refused_with_the_action_and_who_asked(key: str) -> None:
    told = denied(key, "elasticloadbalancing", "CreateLoadBalancer")
    assert told.startswith("AccessDenied: User: arn:aws:sts::123456789012:assumed-role/controller/")
    assert "is not authorized to perform: elasticloadbalancing:CreateLoadBalancer" in told
    assert denied(key, "ec2", "CreateSecurityGroup").startswith("UnauthorizedOperation: ")


def test_without_its_policy_a_role_may_do_nothing(key: str) -> None:
    iam = boto3.client("iam")
    arn = iam.list_attached_role_policies(RoleName="controller")["AttachedPolicies"][0]["PolicyArn"]
    iam.detach_role_policy(RoleName="controller", PolicyArn=arn)
    assert denied(key, "ec2", "DescribeSubnets")


def test_a_person_and_a_service_that_is_not_judged_pass(key: str) -> None:
    assert not iam_permissions.is_evaluated("ec2", "AKIAEXAMPLE")
    assert not iam_permissions.is_evaluated("sts", key)
