"""EC2: networks, addresses, instances and volumes of ours, and whatever else sits in a VPC of ours."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from epochctl.aws.teardown_scan.ownership import Ownership, Remnant
from epochctl.aws.teardown_scan.paging import Reader


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


def territory(reader: Reader, full_name: str, tags: Mapping[str, str], known: Collection[str]) -> Ownership:
    """What counts as ours: the VPCs with our tags or known to have been ours, and whose the cluster is."""
    mine, vpcs = Ownership(full_name, tags, region=reader.region), _items(reader, VPC, [])
    ours = {vpc["VpcId"] for vpc in vpcs if mine.marked(vpc.get("Tags", ()))} | set(known)
    told = reader.find("eks", "describe_cluster", "ResourceNotFoundException", name=full_name)
    present = (told or {"cluster": {}})["cluster"].get("tags", {})
    usurped = told is not None and not tags.items() <= present.items()
    others = {vpc["VpcId"] for vpc in vpcs} - ours
    return Ownership(full_name, tags, frozenset(ours), frozenset(others), usurped, reader.region)


def objects(reader: Reader, mine: Ownership, kind: Kind) -> list[Remnant]:
    """Objects of one kind with tags that may make them ours."""
    found = _items(reader, kind, [{"Name": "tag-key", "Values": mine.keys}])
    return [
        finding
        for item in found
        for finding in mine.judge(_words(kind, item), item.get("Tags", item.get("TagSet", ())), _vpc(item))
    ]


def vpc_contents(reader: Reader, mine: Ownership) -> list[Remnant]:
    """Whatever is in a VPC of ours, tagged or not: it is what keeps the VPC from going away."""
    return [
        Remnant(_words(kind, item))
        for vpc in sorted(mine.vpcs)
        for kind in KINDS
        if kind.in_vpc
        for item in _items(reader, kind, [{"Name": "vpc-id", "Values": [vpc]}])
        # every VPC has a default security group, which goes away with it
        if item.get("GroupName") != "default"
    ]


def _words(kind: Kind, item: dict[str, Any]) -> str:
    return f"{kind.words} {item[kind.id]}"


def _vpc(item: dict[str, Any]) -> str:
    """Where it stands. A VPC itself is ours by our own tags, or not at all."""
    return str(item.get("VpcId", ""))


def _items(reader: Reader, kind: Kind, filters: list[dict[str, Any]]) -> list[dict[str, Any]]:
    found = reader.items("ec2", kind.operation, kind.items, **{kind.filters: filters})
    if kind.items == "Reservations":
        found = [instance for reservation in found for instance in reservation["Instances"]]
    return [item for item in found if _state(item) not in kind.gone]


def _state(item: dict[str, Any]) -> str:
    state = item.get("State", "")
    return str(state.get("Name", "") if isinstance(state, dict) else state).lower()
