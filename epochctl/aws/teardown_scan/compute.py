"""EC2: networks, addresses, instances and volumes of ours, and whatever else sits in a VPC of ours."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from epochctl.aws.session import Aws
from epochctl.aws.tags import has_tags, tag_dict
from epochctl.aws.teardown_scan.ownership import Ownership, Remnant


@dataclass(frozen=True)
class Kind:
    """One kind of object: how it is listed, where its id stands, in which states it is as good as gone."""

    words: str
    operation: str
    items: str
    id: str
    gone: tuple[str, ...] = ()
    in_vpc: bool = False
    filters: str = "Filters"


VPC = Kind("VPC", "describe_vpcs", "Vpcs", "VpcId")
KINDS = (
    VPC,
    Kind("subnet", "describe_subnets", "Subnets", "SubnetId", in_vpc=True),
    Kind("security group", "describe_security_groups", "SecurityGroups", "GroupId", in_vpc=True),
    Kind(
        "network interface",
        "describe_network_interfaces",
        "NetworkInterfaces",
        "NetworkInterfaceId",
        (),
        True,
    ),
    Kind(
        "NAT gateway", "describe_nat_gateways", "NatGateways", "NatGatewayId", ("deleted",), filters="Filter"
    ),
    Kind("elastic IP address", "describe_addresses", "Addresses", "AllocationId"),
    Kind("internet gateway", "describe_internet_gateways", "InternetGateways", "InternetGatewayId"),
    Kind("route table", "describe_route_tables", "RouteTables", "RouteTableId"),
    Kind("VPC endpoint", "describe_vpc_endpoints", "VpcEndpoints", "VpcEndpointId", ("deleted",), True),
    Kind("launch template", "describe_launch_templates", "LaunchTemplates", "LaunchTemplateId"),
    Kind("instance", "describe_instances", "Reservations", "InstanceId", ("terminated",)),
    Kind("volume", "describe_volumes", "Volumes", "VolumeId", ("deleted",)),
)


def find_ownership(aws: Aws, full_name: str, tags: Mapping[str, str], known: Collection[str]) -> Ownership:
    """Return what decides ownership: the VPCs with our tags or in `known`, and who owns the cluster."""
    vpcs = _items(aws, VPC, [])
    own = {vpc["VpcId"] for vpc in vpcs if has_tags(tag_dict(vpc.get("Tags")), tags)} | set(known)
    answer = aws.find("eks", "describe_cluster", absent=("ResourceNotFoundException",), name=full_name)
    is_foreign = answer is not None and not has_tags(answer["cluster"].get("tags", {}), tags)
    others = {vpc["VpcId"] for vpc in vpcs} - own
    return Ownership(full_name, tags, frozenset(own), frozenset(others), is_foreign, aws.region)


def objects(aws: Aws, ownership: Ownership, kind: Kind) -> list[Remnant]:
    """Objects of one kind with tags that may make them ours."""
    found = _items(aws, kind, [{"Name": "tag-key", "Values": ownership.keys}])
    return [
        finding
        for item in found
        for finding in ownership.classify(
            _words(kind, item), tag_dict(item.get("Tags", item.get("TagSet"))), str(item.get("VpcId", ""))
        )
    ]


def vpc_contents(aws: Aws, ownership: Ownership) -> list[Remnant]:
    """Whatever is in a VPC of ours, tagged or not: it is what keeps the VPC from going away."""
    return [
        Remnant(_words(kind, item))
        for vpc in sorted(ownership.vpcs)
        for kind in KINDS
        if kind.in_vpc
        for item in _items(aws, kind, [{"Name": "vpc-id", "Values": [vpc]}])
        # every VPC has a default security group, which goes away with it
        if item.get("GroupName") != "default"
    ]


def _words(kind: Kind, item: dict[str, Any]) -> str:
    return f"{kind.words} {item[kind.id]}"


def _items(aws: Aws, kind: Kind, filters: list[dict[str, Any]]) -> list[dict[str, Any]]:
    arguments: dict[str, Any] = {kind.filters: filters}
    found = aws.items("ec2", kind.operation, kind.items, **arguments)
    if kind.items == "Reservations":
        found = [instance for reservation in found for instance in reservation["Instances"]]
    return [item for item in found if _state(item) not in kind.gone]


def _state(item: dict[str, Any]) -> str:
    state = item.get("State", "")
    return str(state.get("Name", "") if isinstance(state, dict) else state).lower()
