"""`infra-up` with the real terraform and provider against an emulated account: made once, unchanged after,
gone after; and a run that is killed half way is finished by the next one."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from epochctl.config.settings import Settings
from epochctl.errors import InfrastructureError, NotFoundError
from epochctl.outputs import Infrastructure

from .conftest import World


def inventory(world: World) -> dict[str, Any]:
    """Whatever of ours, or near it, the account holds."""
    ec2, iam = world.aws.client("ec2"), world.aws.client("iam")
    kinds = {
        "describe_vpcs": "Vpcs",
        "describe_subnets": "Subnets",
        "describe_route_tables": "RouteTables",
        "describe_internet_gateways": "InternetGateways",
        "describe_addresses": "Addresses",
        "describe_network_interfaces": "NetworkInterfaces",
        "describe_security_groups": "SecurityGroups",
        "describe_launch_templates": "LaunchTemplates",
    }
    found: dict[str, Any] = {name: len(getattr(ec2, name)()[key]) for name, key in kinds.items()}
    nats = ec2.describe_nat_gateways()["NatGateways"]
    found["nat"] = [item["State"] for item in nats if item["State"] != "deleted"]
    found["eks"] = world.aws.client("eks").list_clusters()["clusters"]
    found["ecr"] = world.aws.client("ecr").describe_repositories()["repositories"]
    found["roles"] = [role["RoleName"] for role in iam.list_roles()["Roles"]]
    found["policies"] = iam.list_policies(Scope="Local")["Policies"]
    found["oidc"] = iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]
    return found


def test_up_twice_and_down(world: World, root: Path, settings: Settings) -> None:
    empty = inventory(world)
    before = world.step.observe(world.ctx)
    assert before.output is None
    assert not before.exists
    assert any("EKS cluster epoch-production" in line for line in before.changes)
    assert world.aws.client("s3").list_buckets()["Buckets"] == []  # looking makes nothing
    assert len(world.step.plan(world.ctx).changes) > 30
    with pytest.raises(NotFoundError):
        world.step.output(world.ctx)
    assert inventory(world) == empty

    made = world.step.apply(world.ctx)
    assert isinstance(made, Infrastructure)
    assert made.cluster_name == made.repository_name == "epoch-production"
    assert made.node_architecture == "amd64"
    assert len(made.public_subnet_ids) == len(made.private_subnet_ids) == 3
    assert made.lb_controller_role_arn
    assert "aws_eks_cluster.this: created" in world.said

    again = World(root, settings)
    start = time.monotonic()
    seen = again.step.observe(again.ctx)
    assert (seen.output, seen.changes, seen.exists) == (made, (), True)
    assert time.monotonic() - start < 30
    assert "terraform init" not in again.said

    foreign = foreign_interface(again, made)
    leave_behind(again, made)
    with pytest.raises(InfrastructureError, match=foreign):
        World(root, settings).step.destroy(again.hurried)
    again.aws.client("ec2").delete_network_interface(NetworkInterfaceId=foreign)
    removed = World(root, settings).step.destroy(again.ctx)
    assert "aws_vpc.this" in removed
    assert inventory(again) == empty
    assert World(root, settings).step.destroy(again.ctx) == ()
    assert again.bucket.delete_if_unused("123456789012")
    assert again.aws.client("s3").list_buckets()["Buckets"] == []
    assert World(root, settings).step.destroy(again.ctx) == ()


def foreign_interface(world: World, made: Infrastructure) -> str:
    """What somebody else put into our VPC."""
    ec2 = world.aws.client("ec2")
    answer = ec2.create_network_interface(SubnetId=made.private_subnet_ids[1], Description="somebody else's")
    return str(answer["NetworkInterface"]["NetworkInterfaceId"])


def leave_behind(world: World, made: Infrastructure) -> None:
    """What pods and the load balancer controller leave in a VPC, and images in the repository."""
    ec2 = world.aws.client("ec2")
    ec2.create_network_interface(SubnetId=made.private_subnet_ids[0], Description="aws-K8S-i-0123456789")
    group = ec2.create_security_group(GroupName="k8s-traffic-epoch", Description="k8s", VpcId=made.vpc_id)[
        "GroupId"
    ]
    ec2.create_tags(Resources=[group], Tags=[{"Key": "elbv2.k8s.aws/cluster", "Value": made.cluster_name}])
    other = ec2.create_security_group(GroupName="k8s-epoch", Description="k8s", VpcId=made.vpc_id)["GroupId"]
    ec2.create_tags(Resources=[other], Tags=[{"Key": "elbv2.k8s.aws/cluster", "Value": made.cluster_name}])
    pairs = [{"GroupId": group}]
    rule = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "UserIdGroupPairs": pairs}
    ec2.authorize_security_group_ingress(GroupId=other, IpPermissions=[rule])
