"""CloudFormation as eksctl uses it, through its API: what AWS does, and moto alone does not."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from sandbox.moto_patches import cloudformation

NAME = "eksctl-demo-addon-iamserviceaccount-kube-system-controller"
TRUST = {"Version": "2012-10-17", "Statement": []}


@pytest.fixture
def formation(account: None) -> Any:
    cloudformation.install()
    return boto3.client("cloudformation", "us-west-2")


@pytest.fixture
def policy(account: None) -> str:
    statement = {"Effect": "Allow", "Action": "ec2:DescribeVpcs", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    made = boto3.client("iam").create_policy(PolicyName="controller", PolicyDocument=document)
    return str(made["Policy"]["Arn"])


def template(policy: str, **properties: Any) -> str:
    role = {"AssumeRolePolicyDocument": TRUST, "ManagedPolicyArns": [policy], **properties}
    return json.dumps(
        {
            "AWSTemplateFormatVersion": "2010-09-09",
            "Resources": {"Role1": {"Type": "AWS::IAM::Role", "Properties": role}},
            "Outputs": {"Role1": {"Value": {"Fn::GetAtt": "Role1.Arn"}}},
        }
    )


def create(formation: Any, body: str, *, protected: bool = False, tags: dict[str, str] | None = None) -> None:
    formation.create_stack(
        StackName=NAME,
        TemplateBody=body,
        Capabilities=["CAPABILITY_NAMED_IAM"],
        EnableTerminationProtection=protected,
        Tags=[{"Key": key, "Value": value} for key, value in (tags or {}).items()],
    )


def described(formation: Any) -> dict[str, Any]:
    (stack,) = formation.describe_stacks(StackName=NAME)["Stacks"]
    return dict(stack)


def attached(role: str) -> list[str]:
    listed = boto3.client("iam").list_attached_role_policies(RoleName=role)["AttachedPolicies"]
    return [each["PolicyArn"] for each in listed]


def test_an_output_may_name_an_attribute_in_one_word(formation: Any, policy: str) -> None:
    create(formation, template(policy, RoleName="demo"))
    (output,) = described(formation)["Outputs"]
    assert (output["OutputKey"], output["OutputValue"]) == ("Role1", "arn:aws:iam::123456789012:role/demo")


def test_managed_policies_of_a_role_come_and_go_with_it(formation: Any, policy: str) -> None:
    create(formation, template(policy, RoleName="demo"))
    assert attached("demo") == [policy]
    formation.delete_stack(StackName=NAME)
    iam = boto3.client("iam")
    assert iam.list_roles()["Roles"] == []
    iam.delete_policy(PolicyArn=policy)  # attached to nobody any more


def test_tags_of_a_stack_are_tags_of_its_role(formation: Any, policy: str) -> None:
    create(formation, template(policy, RoleName="demo"), tags={"epochctl:name": "epoch"})
    tags = boto3.client("iam").get_role(RoleName="demo")["Role"]["Tags"]
    assert {"Key": "epochctl:name", "Value": "epoch"} in tags


def test_a_role_that_cannot_be_made_rolls_the_stack_back_and_says_why(formation: Any, policy: str) -> None:
    missing = policy.replace("controller", "nobody")
    create(formation, template(missing, RoleName="demo"))
    stack = described(formation)
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    assert "Outputs" not in stack or stack["Outputs"] == []
    assert boto3.client("iam").list_roles()["Roles"] == []
    events = formation.describe_stack_events(StackName=NAME)["StackEvents"]
    assert any("nobody" in event.get("ResourceStatusReason", "") for event in events)
    with pytest.raises(ClientError, match="already exists"):
        create(formation, template(policy, RoleName="demo"))
    formation.delete_stack(StackName=NAME)
    create(formation, template(policy, RoleName="demo"))
    assert described(formation)["StackStatus"] == "CREATE_COMPLETE"


def test_a_protected_stack_is_deleted_only_after_its_protection_is_lifted(
    formation: Any, policy: str
) -> None:
    create(formation, template(policy, RoleName="demo"), protected=True)
    with pytest.raises(ClientError, match="TerminationProtection"):
        formation.delete_stack(StackName=NAME)
    formation.update_termination_protection(StackName=NAME, EnableTerminationProtection=False)
    assert described(formation)["EnableTerminationProtection"] is False
    formation.delete_stack(StackName=NAME)
    with pytest.raises(ClientError, match="does not exist"):
        formation.describe_stacks(StackName=NAME)
