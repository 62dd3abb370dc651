"""VPCs of ours and what is left inside when their cluster goes: interfaces, security groups, endpoints.

Sweeps only what carries this cluster's mark (or is GuardDuty's) and is in use by nobody; names all the rest.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from epochctl.aws.network.interfaces import Interface, interface
from epochctl.aws.security_groups import GUARDDUTY_TAG, SecurityGroup, SecurityGroups
from epochctl.aws.session import Aws
from epochctl.aws.tags import has_tags, tag_dict, tag_filters

_GONE = ("InvalidNetworkInterfaceID.NotFound", "InvalidVpcID.NotFound", "InvalidVpcEndpointId.NotFound")
_IN_USE = ("DependencyViolation", "InvalidParameterValue", "InvalidNetworkInterface.InUse", "ResourceInUse")


@dataclass(frozen=True)
class VpcOccupant:
    """An object that keeps a VPC from being deleted. foreign: it is not the environment's."""

    description: str
    foreign: bool


@dataclass(frozen=True)
class Subnet:
    """A subnet of a VPC."""

    id: str
    zone: str
    tags: Mapping[str, str]


class Subnets:
    """The subnets of one region."""

    def __init__(self, aws: Aws) -> None:
        self._aws = aws

    def describe(self, ids: Sequence[str]) -> tuple[Subnet, ...]:
        """Return those of `ids` that exist, in the order of their ids."""
        if not ids:
            return ()
        filters = [{"Name": "subnet-id", "Values": list(ids)}]
        found = self._aws.items("ec2", "describe_subnets", "Subnets", Filters=filters)
        return tuple(
            Subnet(item["SubnetId"], item["AvailabilityZone"], tag_dict(item.get("Tags")))
            for item in sorted(found, key=lambda item: str(item["SubnetId"]))
        )


class Network:
    """The VPCs of one region."""

    def __init__(self, aws: Aws, groups: SecurityGroups) -> None:
        self._aws, self._security = aws, groups

    def find(self, tags: Mapping[str, str]) -> tuple[str, ...]:
        """Return the ids of the VPCs that carry all these tags."""
        return tuple(vpc["VpcId"] for vpc in self._list("describe_vpcs", "Vpcs", tag_filters(tags)))

    def exists(self, vpc_id: str) -> bool:
        """Return whether the VPC exists."""
        return bool(self._list("describe_vpcs", "Vpcs", _in(vpc_id)))

    def sweep(self, vpc_id: str, cluster: str) -> tuple[str, ...]:
        """Delete what the cluster's machinery and GuardDuty left, as far as it is idle. What was removed."""
        return (
            *self._sweep_endpoints(vpc_id),
            *self.sweep_interfaces(vpc_id, cluster),
            *self._sweep_groups(vpc_id, cluster),
        )

    def occupants(self, vpc_id: str, cluster: str, tags: Mapping[str, str]) -> tuple[VpcOccupant, ...]:
        """Return what is in the VPC besides what Terraform created."""
        return (
            *self._interface_occupants(vpc_id, cluster, dict(tags)),
            *(
                VpcOccupant(
                    f"VPC endpoint {item['VpcEndpointId']} ({item['ServiceName']})", not _is_guardduty(item)
                )
                for item in self._endpoints(vpc_id)
                if not _carries(item, tags)
            ),
            *(_group_occupant(group, cluster, tags) for group in self._security.in_vpc(vpc_id)),
            *(
                VpcOccupant(f"subnet {item['SubnetId']} ({item['CidrBlock']})", foreign=True)
                for item in self._list("describe_subnets", "Subnets", _in(vpc_id))
                if not _carries(item, tags)
            ),
        )

    def _interface_occupants(self, vpc_id: str, cluster: str, tags: dict[str, str]) -> Iterator[VpcOccupant]:
        skipped, instances = self._others_interfaces(vpc_id), self._instances(vpc_id, cluster, tags)
        for item in self._interfaces(vpc_id):
            if item.id not in skipped:
                yield VpcOccupant(item.summary, not item.is_released_with(cluster, tags, instances))

    def _sweep_endpoints(self, vpc_id: str) -> list[str]:
        """GuardDuty makes one for its agents in every VPC with a cluster, and tells nobody."""
        found = [item["VpcEndpointId"] for item in self._endpoints(vpc_id) if _is_guardduty(item)]
        removed = [id for id in found if self._delete("delete_vpc_endpoints", VpcEndpointIds=[id])]
        return [f"VPC endpoint {id} (GuardDuty's)" for id in removed]

    def sweep_interfaces(self, vpc_id: str, cluster: str) -> list[str]:
        """Delete the cluster's pod interfaces that nobody uses any more. What was removed."""
        idle = [item for item in self._interfaces(vpc_id) if item.status == "available"]
        return [
            f"network interface {item.id} ({item.description})"
            for item in idle
            if item.is_pod_interface(cluster)
            and self._delete("delete_network_interface", NetworkInterfaceId=item.id)
        ]

    def _sweep_groups(self, vpc_id: str, cluster: str) -> list[str]:
        groups = [g for g in self._security.in_vpc(vpc_id) if g.belongs_to(cluster) or g.is_guardduty]
        return [f"security group {g.id} ({g.name})" for g in groups if not self._security.delete(g)]

    def _delete(self, operation: str, **arguments: Any) -> bool:
        """Whether it is gone now by our doing; False where it is in use or was gone before."""
        return self._aws.find("ec2", operation, absent=_GONE + _IN_USE, **arguments) is not None

    def _interfaces(self, vpc_id: str) -> list[Interface]:
        found = self._list("describe_network_interfaces", "NetworkInterfaces", _in(vpc_id))
        return [interface(item) for item in found]

    def _others_interfaces(self, vpc_id: str) -> set[str]:
        """Interfaces that go with their NAT gateway or endpoint: those are told, not these."""
        gateways = self._list("describe_nat_gateways", "NatGateways", _in(vpc_id))
        addresses = [address for gateway in gateways for address in gateway.get("NatGatewayAddresses", [])]
        held = [id for item in self._endpoints(vpc_id) for id in item.get("NetworkInterfaceIds", [])]
        return {address.get("NetworkInterfaceId", "") for address in addresses} | set(held)

    def _instances(self, vpc_id: str, cluster: str, tags: Mapping[str, str]) -> set[str]:
        """Return the ids of the cluster's instances."""
        marks = {f"kubernetes.io/cluster/{cluster}": "owned"}, {"eks:cluster-name": cluster}, tags
        reservations = self._list("describe_instances", "Reservations", _in(vpc_id))
        instances = [item for reservation in reservations for item in reservation["Instances"]]
        return {i["InstanceId"] for i in instances if any(_carries(i, mark) for mark in marks)}

    def _endpoints(self, vpc_id: str) -> list[dict[str, Any]]:
        found = self._list("describe_vpc_endpoints", "VpcEndpoints", _in(vpc_id))
        return [item for item in found if str(item.get("State", "")).lower() != "deleted"]

    def _list(self, operation: str, key: str, filters: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return self._aws.items("ec2", operation, key, Filters=filters)


def _in(vpc_id: str) -> list[dict[str, Any]]:
    return [{"Name": "vpc-id", "Values": [vpc_id]}]


def _group_occupant(group: SecurityGroup, cluster: str, tags: Mapping[str, str]) -> VpcOccupant:
    ours = group.belongs_to(cluster) or has_tags(dict(group.tags), tags)
    owner = "of this cluster" if ours else "GuardDuty's" if group.is_guardduty else "not made by epochctl"
    return VpcOccupant(
        f"security group {group.id} ({group.name}), {owner}", not ours and not group.is_guardduty
    )


def _is_guardduty(endpoint: dict[str, Any]) -> bool:
    return _carries(endpoint, {GUARDDUTY_TAG: "true"})


def _carries(item: dict[str, Any], tags: Mapping[str, str]) -> bool:
    return has_tags(tag_dict(item.get("Tags")), tags)
