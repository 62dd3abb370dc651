"""What EC2 made twice: a call took effect, its answer was lost, and the SDK's next try made another.

EC2 refuses no second VPC, internet gateway, address or route table, and takes no token for most of them.
Deletes only what bears our tags and our name, is not known to the state, and is in use by nobody. Knows no
terraform.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from epochctl.aws.session import Aws
from epochctl.aws.tags import tag_dict, tag_filters

_REFUSED = (
    "DependencyViolation",
    "InvalidIPAddress.InUse",
    "InvalidVpcID.NotFound",
    "InvalidInternetGatewayID.NotFound",
    "InvalidAllocationID.NotFound",
    "InvalidRouteTableID.NotFound",
)


@dataclass(frozen=True)
class Kind:
    """used: the member that tells of a user; named: our name, with this behind it."""

    words: str
    listed: str
    items: str
    id: str
    delete: str
    used: str = ""
    named: str = ""


KINDS = (  # in this order: a VPC goes last
    Kind(
        "internet gateway",
        "describe_internet_gateways",
        "InternetGateways",
        "InternetGatewayId",
        "delete_internet_gateway",
        "Attachments",
    ),
    Kind(
        "elastic IP address",
        "describe_addresses",
        "Addresses",
        "AllocationId",
        "release_address",
        "AssociationId",
        "-nat-",
    ),
    Kind(
        "route table",
        "describe_route_tables",
        "RouteTables",
        "RouteTableId",
        "delete_route_table",
        "Associations",
        "-p",  # public, private-ZONE
    ),
    Kind("VPC", "describe_vpcs", "Vpcs", "VpcId", "delete_vpc"),
)


class Duplicates:
    """name: the full name of the environment; tags: what marks its objects."""

    def __init__(self, aws: Aws, name: str, tags: Mapping[str, str]) -> None:
        self._aws, self._name, self._tags = aws, name, tags

    def remove(self, known: Collection[str]) -> tuple[str, ...]:
        """Delete each that is idle. known: ids in the state, which are never touched. What was removed."""
        return tuple(
            f"{kind.words} {item[kind.id]}"
            for kind in KINDS
            for item in self._unknown(kind, known)
            if self._deleted(kind, item[kind.id])
        )

    def _unknown(self, kind: Kind, known: Collection[str]) -> Iterator[dict[str, Any]]:
        for item in self._list(kind.listed, kind.items, tag_filters(self._tags)):
            name = tag_dict(item.get("Tags")).get("Name", "")
            ours = name.startswith(self._name + kind.named) if kind.named else name == self._name
            if ours and item[kind.id] not in known and not item.get(kind.used) and self._empty(kind, item):
                yield item

    def _empty(self, kind: Kind, item: dict[str, Any]) -> bool:
        """Of a VPC: no subnet, and so nothing that could be in one; no gateway either."""
        if kind.delete != "delete_vpc":
            return True
        inside = [{"Name": "vpc-id", "Values": [item["VpcId"]]}]
        attached = [{"Name": "attachment.vpc-id", "Values": [item["VpcId"]]}]
        return not (
            self._list("describe_subnets", "Subnets", inside)
            or self._list("describe_internet_gateways", "InternetGateways", attached)
        )

    def _deleted(self, kind: Kind, id: str) -> bool:
        return self._aws.find("ec2", kind.delete, absent=_REFUSED, **{kind.id: id}) is not None

    def _list(self, operation: str, key: str, filters: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return self._aws.items("ec2", operation, key, Filters=filters)
