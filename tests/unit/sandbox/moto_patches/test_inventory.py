"""The inventory: what is made has its line, what is gone or came with the account has none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import boto3
import pytest

from sandbox.moto_patches import inventory

pytestmark = pytest.mark.usefixtures("account")
REGION = "us-west-2"


def client(service: str) -> Any:
    return boto3.client(service, REGION)  # type: ignore[call-overload]


def make_subnet() -> None:
    vpc = client("ec2").create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    client("ec2").create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24")


MADE: list[tuple[Callable[[], Any], str]] = [
    (make_subnet, "ec2/vpc us-west-2 vpc-"),
    (make_subnet, "ec2/subnet us-west-2 subnet-"),
    (make_subnet, "ec2/route-table us-west-2 rtb-"),
    (make_subnet, "ec2/security-group us-west-2 sg-"),
    (lambda: client("ec2").allocate_address(Domain="vpc"), "ec2/elastic-ip us-west-2 eipalloc-"),
    (lambda: client("ec2").create_internet_gateway(), "ec2/internet-gateway us-west-2 igw-"),
    (lambda: client("ecr").create_repository(repositoryName="epoch"), "ecr/repository us-west-2 epoch"),
    (lambda: client("iam").create_role(RoleName="r", AssumeRolePolicyDocument="{}"), "iam/role r"),
    (lambda: client("iam").create_user(UserName="u"), "iam/user u"),
    (lambda: client("acm").request_certificate(DomainName="a.test"), "acm/certificate arn:aws:acm:us-west-2"),
    (lambda: client("logs").create_log_group(logGroupName="/aws/eks/e"), "logs/group us-west-2 /aws/eks/e"),
    (
        lambda: client("s3").create_bucket(
            Bucket="state", CreateBucketConfiguration={"LocationConstraint": REGION}
        ),
        "s3/bucket state",
    ),
    (
        lambda: client("route53").create_hosted_zone(Name="a.test", CallerReference="1"),
        "route53/record a.test. SOA",
    ),
]


def test_an_account_without_anything_has_no_lines() -> None:
    client("ec2").describe_vpcs()  # moto makes the region's default network when it is first asked
    assert inventory.lines() == []


@pytest.mark.parametrize(("make", "line"), MADE, ids=[line.split()[0] for _, line in MADE])
def test_what_is_made_has_its_line(make: Callable[[], Any], line: str) -> None:
    before = set(inventory.lines())
    make()
    assert [new for new in set(inventory.lines()) - before if new.startswith(line)]


def test_what_is_deleted_has_none() -> None:
    client("iam").create_user(UserName="u")
    client("iam").delete_user(UserName="u")
    assert inventory.lines() == []
