"""Lookup of VPCs and subnets in the emulated EC2, by name."""

from __future__ import annotations

from typing import Any

from sandbox.errors import SandboxError
from sandbox.moto_patches.backends import backends_by_region


def find_vpc(name: str, region: str = "") -> tuple[str, Any]:
    """(region, VPC) of the one whose Name tag says so; of the first region that has it, or the one wanted.

    Raises SandboxError.
    """
    wanted = region
    for region, ec2 in backends_by_region("ec2"):
        if wanted not in ("", region):
            continue
        for vpc in list(ec2.vpcs.values()):
            if {"key": "Name", "value": name} in _tags(vpc):
                return region, vpc
    raise SandboxError(f"there is no VPC {name}", fix="epochctl up")


def one_subnet_per_zone(ec2: Any, vpc_id: str) -> list[Any]:
    """One of the VPC for each zone, as a load balancer wants them."""
    found = {
        subnet.availability_zone: subnet
        for zone in ec2.subnets.values()
        for subnet in zone.values()
        if subnet.vpc_id == vpc_id
    }
    return [found[zone] for zone in sorted(found)]


def _tags(item: Any) -> list[dict[str, str]]:
    return [{"key": tag["key"], "value": tag["value"]} for tag in item.get_tags()]
