"""NAT gateways as on AWS: pending at first; their network interface goes with them."""

from __future__ import annotations

from typing import Any

from sandbox.moto_patches import delays


def install() -> None:
    """Patch moto's creation and deletion of NAT gateways."""
    from moto.ec2.models import nat_gateways

    create = nat_gateways.NatGatewayBackend.create_nat_gateway

    def create_nat_gateway(self: Any, *arguments: Any, **named: Any) -> Any:
        gateway = create(self, *arguments, **named)
        gateway.state = "pending"

        def done() -> None:
            if gateway.state == "pending":
                gateway.state = "available"

        delays.later("nat", done)
        return gateway

    nat_gateways.NatGatewayBackend.create_nat_gateway = create_nat_gateway
    delete = nat_gateways.NatGatewayBackend.delete_nat_gateway

    def delete_nat_gateway(self: Any, nat_gateway_id: str) -> Any:
        gateway = delete(self, nat_gateway_id)
        interface = getattr(gateway, "_eni", None)
        if interface is not None:
            self.enis.pop(interface.id, None)
        return gateway

    nat_gateways.NatGatewayBackend.delete_nat_gateway = delete_nat_gateway
