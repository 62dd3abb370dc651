"""The plan of an EKS cluster: the values that a control plane is created from."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ClusterPlan:
    """What a control plane is made from.

    number: 1.. within the instance; service_cidr: of cluster addresses; issuer: https URL.
    """

    name: str
    region: str
    number: int
    service_cidr: str
    service_address: str
    issuer: str
    endpoint_host: str

    @property
    def address(self) -> str:
        return f"192.0.2.{self.number}"

    @property
    def namespace(self) -> str:
        return f"cp{self.number}"

    @property
    def link_addresses(self) -> tuple[str, str]:
        """The two ends of its veth pair. Nodes and the instance's processes use the inner address."""
        return f"100.64.{self.number}.1", f"100.64.{self.number}.2"
