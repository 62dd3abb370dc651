"""Quotas, use and offers as AWS tells them (moto)."""

from __future__ import annotations

import pytest

from epochctl.aws.capacity import Capacity, Usage
from epochctl.aws.expiry import Expiry
from epochctl.aws.node_launch import NodeLaunches
from epochctl.aws.quotas import ADDRESSES, VPCS, Quotas
from epochctl.aws.session import Aws

NAME, TAGS = "epoch-production", {"epochctl:name": "epoch", "epochctl:environment": "production"}
LISTED = [{"Key": key, "Value": value} for key, value in TAGS.items()]


@pytest.mark.usefixtures("emulated")
def test_what_is_ours_is_told_from_what_is_not() -> None:
    aws = Aws("us-west-2")
    ec2, mine = aws.client("ec2"), [{"ResourceType": "vpc", "Tags": LISTED}]
    before = Capacity(aws, NAME, TAGS).vpcs().used  # moto's default one
    ec2.create_vpc(CidrBlock="10.0.0.0/16", TagSpecifications=mine)
    ec2.create_vpc(CidrBlock="10.1.0.0/16")
    ec2.allocate_address(Domain="vpc")
    capacity = Capacity(aws, NAME, TAGS)
    assert capacity.vpcs() == Usage(before + 2, 1)
    assert capacity.addresses() == Usage(1, 0)
    assert capacity.clusters() == Usage(0, 0)


@pytest.mark.usefixtures("emulated")
def test_gateways_by_zone_and_vcpus_of_running_machines() -> None:
    aws = Aws("us-west-2")
    ec2 = aws.client("ec2")
    subnet = ec2.describe_subnets()["Subnets"][0]
    ec2.create_nat_gateway(SubnetId=subnet["SubnetId"], ConnectivityType="private")
    ec2.run_instances(ImageId="ami-12345678", MinCount=2, MaxCount=2, InstanceType="t3.medium")
    ec2.run_instances(ImageId="ami-12345678", MinCount=1, MaxCount=1, InstanceType="g4dn.xlarge")
    capacity = Capacity(aws, NAME, TAGS)
    assert capacity.nat_gateways() == {subnet["AvailabilityZone"]: Usage(1, 0)}
    assert capacity.standard_vcpus() == Usage(4, 0)


@pytest.mark.usefixtures("emulated")
def test_the_zone_without_control_planes_is_left_out() -> None:
    zones = Capacity(Aws("us-east-1"), NAME, TAGS).zones()
    assert len(zones.usable) >= 3
    assert len(zones.unusable) == 1
    assert not set(zones.usable) & set(zones.unusable)


@pytest.mark.usefixtures("emulated")
def test_instance_types_with_their_processors_and_zones() -> None:
    capacity = Capacity(Aws("us-west-2"), NAME, TAGS)
    found = {each.name: each for each in capacity.instance_types(("t3.medium", "t4g.medium", "t3.none"))}
    assert set(found) == {"t3.medium", "t4g.medium"}
    assert (found["t3.medium"].vcpus, found["t3.medium"].architectures) == (2, ("x86_64",))
    assert found["t4g.medium"].architectures == ("arm64",)
    assert "us-west-2a" in found["t3.medium"].zones


@pytest.mark.usefixtures("emulated")
def test_a_quota_that_aws_does_not_know_is_the_default() -> None:
    quotas = Quotas(Aws("us-west-2"))
    assert quotas.limit(VPCS).value == 5
    assert quotas.limit(ADDRESSES).value == ADDRESSES.default


@pytest.mark.usefixtures("emulated")
def test_the_expiry_is_read_from_the_tag() -> None:
    aws = Aws("us-west-2")
    assert Expiry(aws, TAGS).expires_at() is None
    tags = [*LISTED, {"Key": "epochctl:expires", "Value": "2026-11-24T16:00:00Z"}]
    aws.client("ec2").create_vpc(
        CidrBlock="10.0.0.0/16", TagSpecifications=[{"ResourceType": "vpc", "Tags": tags}]
    )
    moment = Expiry(aws, TAGS).expires_at()
    assert moment is not None
    assert moment.isoformat() == "2026-11-24T16:00:00+00:00"


@pytest.mark.usefixtures("emulated")
def test_without_a_node_group_there_is_nothing_to_explain() -> None:
    launches = NodeLaunches(Aws("us-west-2"), NAME)
    assert launches.group() is None
    assert launches.instances() == ()
