"""Small patches of moto, each seen through the API: what AWS does, and moto alone does not."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from moto.iam.access_control import IAMPolicyStatement, PermissionResult

from sandbox.moto_patches import ec2 as patches
from sandbox.moto_patches import iam, shield

pytestmark = pytest.mark.usefixtures("account")


def statement(condition: dict[str, Any], effect: str = "Deny") -> IAMPolicyStatement:
    return IAMPolicyStatement(
        {"Effect": effect, "Action": "s3:*", "Resource": "*", "Principal": "*", "Condition": condition}
    )


def test_a_denial_of_plain_http_does_not_touch_requests_over_tls() -> None:
    iam.install()
    plain = statement({"Bool": {"aws:SecureTransport": "false"}})
    assert plain.is_action_permitted("s3:GetObject") == PermissionResult.NEUTRAL


def test_other_denials_still_deny() -> None:
    iam.install()
    assert statement({}).is_action_permitted("s3:GetObject") == PermissionResult.DENIED


def test_a_bucket_that_demands_tls_can_be_read() -> None:
    iam.install()
    s3 = boto3.client("s3", "us-west-2")
    s3.create_bucket(Bucket="state", CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    demand = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": "*",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [demand]})
    s3.put_bucket_policy(Bucket="state", Policy=policy)
    s3.put_object(Bucket="state", Key="k", Body=b"v")
    assert s3.get_object(Bucket="state", Key="k")["Body"].read() == b"v"


def template_data(specifications: list[dict[str, Any]], data: dict[str, Any]) -> dict[str, Any]:
    ec2 = boto3.client("ec2", "us-west-2")
    ec2.create_launch_template(
        LaunchTemplateName="nodes", LaunchTemplateData=data, TagSpecifications=specifications
    )
    versions = ec2.describe_launch_template_versions(LaunchTemplateName="nodes")
    return dict(versions["LaunchTemplateVersions"][0]["LaunchTemplateData"])


def test_tags_of_a_launch_template_are_no_part_of_its_data() -> None:
    patches.install()
    own = [{"ResourceType": "launch-template", "Tags": [{"Key": "a", "Value": "b"}]}]
    assert "TagSpecifications" not in template_data(own, {"InstanceType": "t3.medium"})
    ec2 = boto3.client("ec2", "us-west-2")
    (made,) = ec2.describe_launch_templates()["LaunchTemplates"]
    assert made["Tags"] == [{"Key": "a", "Value": "b"}]


def test_tags_for_what_a_template_launches_stay() -> None:
    patches.install()
    instances = {"ResourceType": "instance", "Tags": [{"Key": "c", "Value": "d"}]}
    own = [{"ResourceType": "launch-template", "Tags": [{"Key": "a", "Value": "b"}]}]
    data = template_data(own, {"InstanceType": "t3.medium", "TagSpecifications": [instances]})
    assert [each["ResourceType"] for each in data["TagSpecifications"]] == ["instance"]


def test_the_interface_of_a_nat_gateway_goes_with_it() -> None:
    patches.install()
    ec2 = boto3.client("ec2", "us-west-2")
    subnet = ec2.describe_subnets()["Subnets"][0]["SubnetId"]
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    made = ec2.create_nat_gateway(SubnetId=subnet, AllocationId=address)["NatGateway"]["NatGatewayId"]
    assert len(ec2.describe_network_interfaces()["NetworkInterfaces"]) == 1
    ec2.delete_nat_gateway(NatGatewayId=made)
    assert ec2.describe_network_interfaces()["NetworkInterfaces"] == []


def test_no_two_instances_have_one_address_even_in_vpcs_of_one_range() -> None:
    patches.install()
    addresses = []
    for region in ("us-west-2", "us-east-1", "us-west-2"):
        ec2 = boto3.client("ec2", region)
        vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
        made = ec2.run_instances(ImageId="ami-12c6146b", MinCount=2, MaxCount=2, SubnetId=subnet)["Instances"]
        addresses += [instance["PrivateIpAddress"] for instance in made]
    assert len(set(addresses)) == 6
    assert all(address.startswith("10.0.0.") for address in addresses)


def test_an_account_has_no_shield_advanced() -> None:
    shield.install()
    asked = boto3.client("shield", "us-east-1")
    assert asked.get_subscription_state()["SubscriptionState"] == "INACTIVE"
