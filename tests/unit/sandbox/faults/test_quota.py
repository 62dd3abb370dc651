"""A quota refuses what would exceed it, in the service's own words, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from sandbox.errors import SandboxError
from sandbox.faults import quota
from sandbox.moto_patches import quotas
from sandbox.moto_patches.ec2_instances import node_group_issue

pytestmark = pytest.mark.usefixtures("account")
NOBODY: Any = None


@pytest.fixture(autouse=True)
def installed(account: None) -> Iterator[None]:
    quotas.install()
    yield
    for each in quotas.QUOTAS:
        quotas.set_limit(each.word, None)


def ec2() -> Any:
    return boto3.client("ec2", "us-west-2")


def subnet() -> str:
    return str(ec2().describe_subnets()["Subnets"][0]["SubnetId"])


def cluster() -> None:
    boto3.client("eks", "us-west-2").create_cluster(
        name="epoch", roleArn="arn:aws:iam::123456789012:role/x", resourcesVpcConfig={"subnetIds": [subnet()]}
    )


def balancer() -> None:
    subnets = [each["SubnetId"] for each in ec2().describe_subnets()["Subnets"][:2]]
    boto3.client("elbv2", "us-west-2").create_load_balancer(Name="epoch", Subnets=subnets)


def gateway() -> None:
    address = ec2().allocate_address(Domain="vpc")["AllocationId"]
    ec2().create_nat_gateway(SubnetId=subnet(), AllocationId=address)


def instances() -> None:
    image = ec2().describe_images()["Images"][0]["ImageId"]
    ec2().run_instances(ImageId=image, MinCount=2, MaxCount=2, InstanceType="t3.medium")


CREATIONS: dict[str, tuple[Callable[[], Any], int, str]] = {
    "vpc": (lambda: ec2().create_vpc(CidrBlock="10.0.0.0/16"), 1, "VpcLimitExceeded"),
    "igw": (lambda: ec2().create_internet_gateway(), 0, "InternetGatewayLimitExceeded"),
    "eip": (lambda: ec2().allocate_address(Domain="vpc"), 0, "AddressLimitExceeded"),
    "nat": (gateway, 0, "NatGatewayLimitExceeded"),
    "vcpu": (instances, 3, "VcpuLimitExceeded"),
    "eks": (cluster, 0, "ResourceLimitExceededException"),
    "alb": (balancer, 0, "TooManyLoadBalancers"),
}


@pytest.mark.parametrize("word", [each.word for each in quotas.QUOTAS])
def test_what_exceeds_a_quota_is_refused_and_allowed_again(word: str) -> None:
    create, limit, code = CREATIONS[word]
    stop = quota.start(NOBODY, {"code": word, "limit": limit})
    with pytest.raises(ClientError) as raised:
        create()
    assert raised.value.response["Error"]["Code"] == code
    stop()
    create()


def test_several_at_once(account: None) -> None:
    quota.start(NOBODY, {"code": "vpc,eip", "limit": 3})
    assert (quotas.limit("vpc"), quotas.limit("eip"), quotas.limit("nat")) == (3, 3, 5)


def test_a_word_that_is_no_quota_is_said() -> None:
    with pytest.raises(SandboxError, match="code=moon: unknown"):
        quota.start(NOBODY, {"code": "vpc,moon", "limit": 3})
    assert quotas.limit("vpc") == 5


def test_a_launch_that_ec2_refused_is_the_node_groups_issue() -> None:
    from moto.ec2.exceptions import EC2ClientError

    issue = node_group_issue(EC2ClientError("VcpuLimitExceeded", "You have requested more"))
    assert issue["code"] == "AsgInstanceLaunchFailures"
    assert "VcpuLimitExceeded - You have requested more" in issue["message"]
    assert node_group_issue(RuntimeError("nodes did not join"))["code"] == "NodeCreationFailure"
