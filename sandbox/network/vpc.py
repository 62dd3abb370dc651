"""The network of one emulated VPC: its bridge with the router's address, and the resolver on its .2 address.

Made when the first instance needs it, removed with the last; knows nothing of clusters.
"""

from __future__ import annotations

import ipaddress
import threading
from collections.abc import Collection
from dataclasses import dataclass

from sandbox.moto_patches.backends import backend
from sandbox.network import iproute
from sandbox.network.dns_server import NameServer


@dataclass(frozen=True)
class Wire:
    """Where instances of a VPC plug in. router and resolver are addresses; prefix is the VPC's length."""

    bridge: str
    router: str
    resolver: str
    prefix: int


class Vpcs:
    """Bridges by VPC id."""

    def __init__(self, name_server: NameServer) -> None:
        self._names = name_server
        self._lock = threading.Lock()
        self._wires: dict[str, Wire] = {}
        self._count = 0

    def wire(self, region: str, vpc_id: str) -> Wire:
        """The VPC's bridge, made on first use."""
        with self._lock:
            if vpc_id not in self._wires:
                block = ipaddress.ip_network(backend("ec2", region).get_vpc(vpc_id).cidr_block)
                self._count += 1
                wire = Wire(f"vpc{self._count}", str(block[1]), str(block[2]), block.prefixlen)
                iproute.create_bridge(wire.bridge, f"{wire.router}/{wire.prefix}")
                iproute.ip("address", "add", f"{wire.resolver}/{wire.prefix}", "dev", wire.bridge)
                self._names.listen(wire.resolver, region)
                self._wires[vpc_id] = wire
            return self._wires[vpc_id]

    def remove(self, vpc_id: str, in_use: Collection[str] = ()) -> None:
        """Unplug the VPC unless its bridge is in use; unknown is success."""
        with self._lock:
            wire = self._wires.get(vpc_id)
            wire = self._wires.pop(vpc_id) if wire and wire.bridge not in in_use else None
        if wire is not None:
            if wire.resolver not in {other.resolver for other in list(self._wires.values())}:
                self._names.leave(wire.resolver)
            iproute.delete_link(wire.bridge)
