"""The faults of a teardown as AWS's API shows them: with the cluster's tags, in our VPC, and in use."""

from __future__ import annotations

from typing import Any

import boto3
import pytest

from sandbox.errors import SandboxError
from sandbox.faults import dead_controller, foreign_interface, orphan_load_balancer

pytestmark = pytest.mark.usefixtures("account")
NOBODY: Any = None
NAME = "epoch-production"


@pytest.fixture
def vpc() -> str:
    ec2 = boto3.client("ec2", "us-west-2")
    made = str(ec2.create_vpc(CidrBlock="10.8.0.0/16")["Vpc"]["VpcId"])
    ec2.create_tags(Resources=[made], Tags=[{"Key": "Name", "Value": NAME}])
    for number, zone in enumerate("ab"):
        ec2.create_subnet(VpcId=made, CidrBlock=f"10.8.{number}.0/24", AvailabilityZone=f"us-west-2{zone}")
    return made


def interfaces(vpc: str) -> dict[str, str]:
    """Description -> status."""
    wanted = [{"Name": "vpc-id", "Values": [vpc]}]
    found = boto3.client("ec2", "us-west-2").describe_network_interfaces(Filters=wanted)
    return {item.get("Description", ""): item["Status"] for item in found["NetworkInterfaces"]}


def test_an_orphan_bears_the_clusters_tag_in_our_vpc(vpc: str) -> None:
    orphan_load_balancer.FAULT.start(NOBODY, orphan_load_balancer.FAULT.parse_options({}))
    elb = boto3.client("elbv2", "us-west-2")
    (balancer,) = elb.describe_load_balancers()["LoadBalancers"]
    assert balancer["VpcId"] == vpc
    tags = elb.describe_tags(ResourceArns=[balancer["LoadBalancerArn"]])["TagDescriptions"][0]["Tags"]
    assert tags == [{"Key": "elbv2.k8s.aws/cluster", "Value": NAME}]
    assert elb.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
    held = interfaces(vpc)
    assert held.pop("aws-K8S-i-0dead") == "available"
    assert list(held.values()) == ["in-use"]
    assert next(iter(held)).startswith("VPC Endpoint Interface vpce-")


def test_one_in_each_of_two_vpcs(vpc: str) -> None:
    ec2 = boto3.client("ec2", "us-west-2")
    other = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    ec2.create_tags(Resources=[other], Tags=[{"Key": "Name", "Value": "another"}])
    for number, zone in enumerate("ab"):
        ec2.create_subnet(VpcId=other, CidrBlock=f"10.9.{number}.0/24", AvailabilityZone=f"us-west-2{zone}")
    for given in ({"vpc": "another"}, {}):
        orphan_load_balancer.FAULT.start(NOBODY, orphan_load_balancer.FAULT.parse_options(given))
    found = boto3.client("elbv2", "us-west-2").describe_load_balancers()["LoadBalancers"]
    assert {item["VpcId"] for item in found} == {vpc, other}


def test_a_strangers_interface_is_in_use_and_goes_with_the_fault(vpc: str) -> None:
    stop = foreign_interface.FAULT.start(NOBODY, foreign_interface.FAULT.parse_options({"owner": "team-y"}))
    ec2 = boto3.client("ec2", "us-west-2")
    (found,) = ec2.describe_network_interfaces()["NetworkInterfaces"]
    assert found["Status"] == "in-use"
    assert {"Key": "owner", "Value": "team-y"} in found["TagSet"]
    assert found["Attachment"]["InstanceId"]
    stop()
    assert interfaces(vpc) == {}
    assert (
        len(ec2.describe_security_groups(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["SecurityGroups"])
        == 1
    )


def test_where_there_is_no_such_vpc_it_is_said() -> None:
    with pytest.raises(SandboxError, match="there is no VPC"):
        foreign_interface.FAULT.start(NOBODY, foreign_interface.FAULT.parse_options({}))


def test_an_idle_controller_is_denied_by_each_services_own_words() -> None:
    assert dead_controller.DENIED["ec2"].code == "UnauthorizedOperation"
    assert dead_controller.DENIED["query"].code == "AccessDenied"
    with pytest.raises(SandboxError, match="unknown"):
        dead_controller.FAULT.start(NOBODY, dead_controller.FAULT.parse_options({"mode": "asleep"}))
