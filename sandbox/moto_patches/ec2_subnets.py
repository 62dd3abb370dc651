"""Addresses in subnets: no two interfaces of the world have the same one, even in VPCs of one range.

On AWS they may; here each host needs one of its own, and which one of its subnet it gets is AWS's choice.
Patches moto; knows nothing of network devices.
"""

from __future__ import annotations

from typing import Any

from sandbox.moto_patches.backends import every


def install() -> None:
    """Patch moto's choice of an address."""
    from moto.ec2.models.subnets import Subnet

    choose = Subnet.get_available_subnet_ip

    def get_available_subnet_ip(self: Any, instance: Any) -> str:
        address: str
        passed: list[str] = []
        while _held_elsewhere(address := choose(self, instance), self):
            passed.append(address)
        for each in passed:  # not sooner: it would be chosen again
            self.del_subnet_ip(each)
        return address

    Subnet.get_available_subnet_ip = get_available_subnet_ip


def _held_elsewhere(address: str, subnet: Any) -> bool:
    return any(
        address in other._subnet_ips
        for _, ec2 in every("ec2")
        for zone in list(ec2.subnets.values())
        for other in list(zone.values())
        if other is not subnet
    )
