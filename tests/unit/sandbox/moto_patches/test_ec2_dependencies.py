"""Deletions that AWS refuses, through the API: moto alone deletes, and a teardown would prove nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from sandbox.moto_patches import ec2_dependencies


@pytest.fixture
def ec2(account: None) -> Any:
    ec2_dependencies.install()
    return boto3.client("ec2", "us-west-2")


def refused(request: Callable[[], Any]) -> str:
    with pytest.raises(ClientError) as error:
        request()
    return str(error.value.response["Error"]["Code"])


def network(ec2: Any) -> tuple[str, str]:
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    return vpc, ec2.create_subnet(VpcId=vpc, CidrBlock="10.9.0.0/24")["Subnet"]["SubnetId"]


def group(ec2: Any, vpc: str, name: str) -> str:
    return str(ec2.create_security_group(GroupName=name, Description="x", VpcId=vpc)["GroupId"])


def test_a_group_stays_while_an_interface_or_a_rule_names_it(ec2: Any) -> None:
    vpc, subnet = network(ec2)
    held, other = group(ec2, vpc, "held"), group(ec2, vpc, "other")
    made = ec2.create_network_interface(SubnetId=subnet, Groups=[held])["NetworkInterface"]
    assert refused(lambda: ec2.delete_security_group(GroupId=held)) == "DependencyViolation"
    ec2.delete_network_interface(NetworkInterfaceId=made["NetworkInterfaceId"])
    pair = {"IpProtocol": "tcp", "FromPort": 1, "ToPort": 1, "UserIdGroupPairs": [{"GroupId": held}]}
    ec2.authorize_security_group_ingress(GroupId=other, IpPermissions=[pair])
    assert refused(lambda: ec2.delete_security_group(GroupId=held)) == "DependencyViolation"
    ec2.delete_security_group(GroupId=other)
    ec2.delete_security_group(GroupId=held)


def test_an_attached_interface_stays_and_keeps_its_subnet(ec2: Any) -> None:
    _, subnet = network(ec2)
    image = ec2.describe_images()["Images"][0]["ImageId"]
    run = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1, SubnetId=subnet)["Instances"][0]
    interface = run["NetworkInterfaces"][0]["NetworkInterfaceId"]
    code = refused(lambda: ec2.delete_network_interface(NetworkInterfaceId=interface))
    assert code == "InvalidParameterValue"
    assert refused(lambda: ec2.delete_subnet(SubnetId=subnet)) == "DependencyViolation"


def test_a_vpc_stays_while_a_group_or_an_endpoint_is_in_it(ec2: Any) -> None:
    vpc, subnet = network(ec2)
    ec2.delete_subnet(SubnetId=subnet)
    made = group(ec2, vpc, "stranger")
    assert refused(lambda: ec2.delete_vpc(VpcId=vpc)) == "DependencyViolation"
    ec2.delete_security_group(GroupId=made)
    service = "com.amazonaws.us-west-2.s3"
    made_endpoint = ec2.create_vpc_endpoint(VpcId=vpc, ServiceName=service, VpcEndpointType="Gateway")
    endpoint = made_endpoint["VpcEndpoint"]["VpcEndpointId"]
    assert refused(lambda: ec2.delete_vpc(VpcId=vpc)) == "DependencyViolation"
    ec2.delete_vpc_endpoints(VpcEndpointIds=[endpoint])
    ec2.delete_vpc(VpcId=vpc)
