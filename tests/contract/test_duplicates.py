"""What was made twice is removed where it is idle and ours; what is used, known or another's stays."""

from __future__ import annotations

from typing import Any

import pytest

from epochctl.aws.duplicates import Duplicates
from epochctl.aws.import_ids import ImportIds
from epochctl.aws.session import Aws

NAME = "epoch-production"
TAGS = {"epochctl:name": "epoch", "epochctl:environment": "production"}


def tagged(kind: str, name: str = NAME, **more: str) -> list[dict[str, Any]]:
    tags = [{"Key": key, "Value": value} for key, value in {**TAGS, "Name": name, **more}.items()]
    return [{"ResourceType": kind, "Tags": tags}]


def vpc(aws: Aws, **more: str) -> str:
    ec2 = aws.client("ec2")
    return str(
        ec2.create_vpc(CidrBlock="10.0.0.0/16", TagSpecifications=tagged("vpc", **more))["Vpc"]["VpcId"]
    )


def gateway(aws: Aws) -> str:
    made = aws.client("ec2").create_internet_gateway(TagSpecifications=tagged("internet-gateway"))
    return str(made["InternetGateway"]["InternetGatewayId"])


def test_of_two_the_idle_one_goes(aws: Aws) -> None:
    ec2 = aws.client("ec2")
    used, idle = vpc(aws), vpc(aws)
    ec2.create_subnet(VpcId=used, CidrBlock="10.0.0.0/20", TagSpecifications=tagged("subnet"))
    attached, loose = gateway(aws), gateway(aws)
    ec2.attach_internet_gateway(VpcId=used, InternetGatewayId=attached)
    address = ec2.allocate_address(TagSpecifications=tagged("elastic-ip", f"{NAME}-nat-us-west-2a"))
    removed = Duplicates(aws, NAME, TAGS).remove({used, attached})
    assert removed == (
        f"internet gateway {loose}",
        f"elastic IP address {address['AllocationId']}",
        f"VPC {idle}",
    )
    assert Duplicates(aws, NAME, TAGS).remove({used, attached}) == ()


def test_what_is_known_used_or_not_ours_stays(aws: Aws) -> None:
    ec2 = aws.client("ec2")
    known, used = vpc(aws), vpc(aws)
    ec2.create_subnet(VpcId=used, CidrBlock="10.0.0.0/20")
    vpc(aws, **{"epochctl:environment": "staging"})
    ec2.create_vpc(CidrBlock="10.0.0.0/16", TagSpecifications=tagged("vpc", "by-hand"))
    before = ec2.describe_vpcs()["Vpcs"]
    assert Duplicates(aws, NAME, TAGS).remove({known}) == ()
    assert ec2.describe_vpcs()["Vpcs"] == before


@pytest.mark.parametrize("first", [0, 1])
def test_of_two_the_one_in_use_is_adopted(aws: Aws, first: int) -> None:
    ec2 = aws.client("ec2")
    both = [vpc(aws), vpc(aws)]
    ec2.create_subnet(VpcId=both[first], CidrBlock="10.0.0.0/20", TagSpecifications=tagged("subnet"))
    gateways = [gateway(aws), gateway(aws)]
    ec2.attach_internet_gateway(VpcId=both[first], InternetGatewayId=gateways[first])
    found = ImportIds(aws, NAME, TAGS)._network()
    assert found["module.network.aws_vpc.this"] == both[first]
    assert found["module.network.aws_internet_gateway.this"] == gateways[first]
