"""Usage of what has a quota: how much exists in the region, and how much of it is the environment's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from epochctl.aws.session import Aws
from epochctl.aws.tags import has_tags, tag_dict

STANDARD_FAMILIES = "acdhimrtz"  # first letters of the instance types that share one quota of vCPUs
# Zones where EKS places no control plane; terraform/modules/network excludes the same.
UNSUPPORTED_ZONES = ("use1-az3", "usw1-az2", "cac1-az3")


@dataclass(frozen=True)
class Usage:
    """used: of all in the account; owned: of those, the environment's."""

    used: int
    owned: int


@dataclass(frozen=True)
class Zones:
    """Names, in order. unusable: available, but EKS places no control plane there."""

    usable: tuple[str, ...]
    unusable: tuple[str, ...]


@dataclass(frozen=True)
class InstanceType:
    """architectures as EC2 says them; zones: where it is offered."""

    name: str
    vcpus: int
    architectures: tuple[str, ...]
    zones: tuple[str, ...]


class Capacity:
    """name: of the environment; tags: what marks its objects."""

    def __init__(self, aws: Aws, name: str, tags: Mapping[str, str]) -> None:
        self._aws, self._name, self._tags = aws, name, tags

    def vpcs(self) -> Usage:
        return self._count(self._ec2("describe_vpcs", "Vpcs"))

    def addresses(self) -> Usage:
        return self._count(self._ec2("describe_addresses", "Addresses"))

    def clusters(self) -> Usage:
        names = self._aws.items("eks", "list_clusters", "clusters")
        return Usage(len(names), names.count(self._name))

    def nat_gateways(self) -> dict[str, Usage]:
        """Return the usage by zone; a zone without any is left out."""
        alive = [{"Name": "state", "Values": ["pending", "available"]}]
        found = self._ec2("describe_nat_gateways", "NatGateways", Filter=alive)
        if not found:
            return {}
        subnets = {
            item["SubnetId"]: item["AvailabilityZone"] for item in self._ec2("describe_subnets", "Subnets")
        }
        by_zone: dict[str, list[dict[str, Any]]] = {}
        for item in found:
            by_zone.setdefault(subnets.get(item["SubnetId"], ""), []).append(item)
        return {zone: self._count(items) for zone, items in by_zone.items()}

    def standard_vcpus(self) -> Usage:
        """Return the vCPUs of running On-Demand instances; nodes are owned by their cluster's tag, too."""
        running = [{"Name": "instance-state-name", "Values": ["pending", "running"]}]
        reservations = self._ec2("describe_instances", "Reservations", Filters=running)
        found = [
            item
            for reservation in reservations
            for item in reservation["Instances"]
            if item["InstanceType"][0] in STANDARD_FAMILIES and item.get("InstanceLifecycle") != "spot"
        ]
        ours = [item for item in found if self._ours(item)]
        return Usage(sum(map(_vcpus, found)), sum(map(_vcpus, ours)))

    def zones(self) -> Zones:
        """Return the available zones that need no opt-in, as terraform/modules/network selects them."""
        wanted = [
            {"Name": "state", "Values": ["available"]},
            {"Name": "opt-in-status", "Values": ["opt-in-not-required"]},
        ]
        found = self._ec2("describe_availability_zones", "AvailabilityZones", Filters=wanted)
        unfit = {zone["ZoneName"] for zone in found if zone["ZoneId"] in UNSUPPORTED_ZONES}
        names = sorted(zone["ZoneName"] for zone in found)
        return Zones(tuple(name for name in names if name not in unfit), tuple(sorted(unfit)))

    def instance_types(self, names: tuple[str, ...]) -> tuple[InstanceType, ...]:
        """Return those of `names` that the region offers."""
        wanted = [{"Name": "instance-type", "Values": list(names)}]
        offers = self._ec2(
            "describe_instance_type_offerings",
            "InstanceTypeOfferings",
            LocationType="availability-zone",
            Filters=wanted,
        )
        zones: dict[str, list[str]] = {}
        for offer in offers:
            zones.setdefault(offer["InstanceType"], []).append(offer["Location"])
        described = self._ec2("describe_instance_types", "InstanceTypes", Filters=wanted)
        return tuple(_instance_type(item, zones.get(item["InstanceType"], [])) for item in described)

    def _count(self, items: list[dict[str, Any]]) -> Usage:
        return Usage(len(items), sum(1 for item in items if self._ours(item)))

    def _ours(self, item: dict[str, Any]) -> bool:
        tags = tag_dict(item.get("Tags"))
        return has_tags(tags, self._tags) or tags.get("eks:cluster-name") == self._name

    def _ec2(self, operation: str, key: str, **arguments: Any) -> list[dict[str, Any]]:
        return self._aws.items("ec2", operation, key, **arguments)


def _vcpus(item: dict[str, Any]) -> int:
    options = item.get("CpuOptions", {})
    return int(options.get("CoreCount", 1)) * int(options.get("ThreadsPerCore", 2))


def _instance_type(item: dict[str, Any], zones: list[str]) -> InstanceType:
    return InstanceType(
        item["InstanceType"],
        int(item["VCpuInfo"]["DefaultVCpus"]),
        tuple(item["ProcessorInfo"]["SupportedArchitectures"]),
        tuple(sorted(zones)),
    )
