"""NAT gateways as on AWS: their network interface goes with them. moto leaves it behind."""

from __future__ import annotations

from typing import Any


def install() -> None:
    """Patch moto's deletion of NAT gateways."""
    from moto.ec2.models import nat_gateways

    delete = nat_gateways.NatGatewayBackend.delete_nat_gateway

    def delete_nat_gateway(self: Any, nat_gateway_id: str) -> Any:
        gateway = delete(self, nat_gateway_id)
        interface = getattr(gateway, "_eni", None)
        if interface is not None:
            self.enis.pop(interface.id, None)
        return gateway

    nat_gateways.NatGatewayBackend.delete_nat_gateway = delete_nat_gateway
