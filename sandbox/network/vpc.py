"""The network of each emulated VPC: a bridge with the router's address, and a resolver on the .2 address.

It is created for the first instance of the VPC and removed with the last one.
"""

from __future__ import annotations

import ipaddress
import threading
from collections.abc import Collection
from dataclasses import dataclass

from sandbox.moto_patches.backends import backend
from sandbox.network import iproute
from sandbox.network.dns_server import DnsServer


@dataclass(frozen=True)
class VpcNetwork:
    """Where instances of a VPC plug in. router and resolver are addresses; prefix is the VPC's length."""

    bridge: str
    router: str
    resolver: str
    prefix: int


class VpcNetworks:
    """Bridges by VPC id."""

    def __init__(self, name_server: DnsServer) -> None:
        self._dns_server = name_server
        self._lock = threading.Lock()
        self._networks: dict[str, VpcNetwork] = {}
        self._count = 0

    def network(self, region: str, vpc_id: str) -> VpcNetwork:
        """The VPC's bridge, made on first use."""
        with self._lock:
            if vpc_id not in self._networks:
                block = ipaddress.ip_network(backend("ec2", region).get_vpc(vpc_id).cidr_block)
                self._count += 1
                network = VpcNetwork(f"vpc{self._count}", str(block[1]), str(block[2]), block.prefixlen)
                iproute.create_bridge(network.bridge, f"{network.router}/{network.prefix}")
                iproute.ip("address", "add", f"{network.resolver}/{network.prefix}", "dev", network.bridge)
                self._dns_server.listen(network.resolver, region)
                self._networks[vpc_id] = network
            return self._networks[vpc_id]

    def remove(self, vpc_id: str, in_use: Collection[str] = ()) -> None:
        """Unplug the VPC unless its bridge is in use; unknown is success."""
        with self._lock:
            network = self._networks.get(vpc_id)
            network = self._networks.pop(vpc_id) if network and network.bridge not in in_use else None
        if network is not None:
            if network.resolver not in {other.resolver for other in list(self._networks.values())}:
                self._dns_server.stop_listening(network.resolver)
            iproute.delete_link(network.bridge)
