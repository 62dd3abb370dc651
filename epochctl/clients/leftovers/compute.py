"""EC2: networks, addresses, instances and volumes of ours, and whatever else sits in a VPC of ours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from epochctl.clients.leftovers.belonging import Belonging
from epochctl.clients.leftovers.reading import Reader


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


def objects(reader: Reader, mine: Belonging, kind: Kind) -> list[str]:
    """Objects of one kind that are ours by their tags."""
    found = _items(reader, kind, [{"Name": "tag-key", "Values": mine.keys}])
    return [f"{kind.words} {item[kind.id]}" for item in found if mine.owns(item.get("Tags", ()))]


def vpc_contents(reader: Reader, mine: Belonging) -> list[str]:
    """Whatever is in a VPC of ours, tagged or not: it is what keeps the VPC from going away."""
    filters = [{"Name": f"tag:{key}", "Values": [value]} for key, value in mine.tags.items()]
    lines = []
    for vpc in _items(reader, VPC, filters):
        for kind in (kind for kind in KINDS if kind.in_vpc):
            found = _items(reader, kind, [{"Name": "vpc-id", "Values": [vpc["VpcId"]]}])
            # every VPC has a default security group, which goes away with it
            lines += [f"{kind.words} {item[kind.id]}" for item in found if item.get("GroupName") != "default"]
    return lines


def _items(reader: Reader, kind: Kind, filters: list[dict[str, Any]]) -> list[dict[str, Any]]:
    found = reader.items("ec2", kind.operation, kind.items, **{kind.filters: filters})
    if kind.items == "Reservations":
        found = [instance for reservation in found for instance in reservation["Instances"]]
    return [item for item in found if _state(item) not in kind.gone]


def _state(item: dict[str, Any]) -> str:
    state = item.get("State", "")
    return str(state.get("Name", "") if isinstance(state, dict) else state).lower()
