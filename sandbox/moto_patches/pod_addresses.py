"""Addresses of pods, as the VPC CNI takes them: secondary addresses of the node's network interface."""

from __future__ import annotations

import ipaddress
from typing import Any

from sandbox.moto_patches.backends import MOTO_LOCK, backend


class PodAddresses:
    """Which container holds which address. One for each region."""

    def __init__(self, region: str) -> None:
        self._region = region
        self._held: dict[str, tuple[str, str]] = {}

    def assign(self, instance_id: str, container: str) -> tuple[str, str]:
        """An address and its router: ("10.0.1.7/16", "10.0.0.1"). Asking again gives the same."""
        with MOTO_LOCK:
            interface = _interface(self._region, instance_id)
            if container not in self._held:
                address = interface.subnet.get_available_subnet_ip(interface)
                interface.private_ip_addresses.append({"Primary": False, "PrivateIpAddress": address})
                self._held[container] = (instance_id, address)
            vpc = ipaddress.ip_network(
                backend("ec2", self._region).get_vpc(interface.subnet.vpc_id).cidr_block
            )
            return f"{self._held[container][1]}/{vpc.prefixlen}", str(vpc.network_address + 1)

    def release(self, container: str) -> None:
        """Give the address back; unknown is success."""
        with MOTO_LOCK:
            instance_id, address = self._held.pop(container, ("", ""))
            if not instance_id:
                return
            try:
                interface = _interface(self._region, instance_id)
            except LookupError:
                return
            interface.private_ip_addresses = [
                item for item in interface.private_ip_addresses if item["PrivateIpAddress"] != address
            ]
            interface.subnet.del_subnet_ip(address)

    def release_instance(self, instance_id: str) -> None:
        """The instance is gone, and its addresses with it."""
        with MOTO_LOCK:
            for container in [c for c, (instance, _) in self._held.items() if instance == instance_id]:
                self.release(container)


def _interface(region: str, instance_id: str) -> Any:
    for reservation in list(backend("ec2", region).reservations.values()):
        for instance in reservation.instances:
            if instance.id == instance_id and instance.nics:
                return instance.nics[0]
    raise LookupError(instance_id)
