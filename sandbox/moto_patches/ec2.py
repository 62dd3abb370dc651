"""Small patches of moto's EC2: NAT gateways, launch templates and addresses in subnets."""

from __future__ import annotations

from typing import Any

from moto.ec2.models import launch_templates, nat_gateways
from moto.ec2.models.subnets import Subnet

from sandbox.moto_patches import delays
from sandbox.moto_patches.backends import backends_by_region


def install() -> None:
    """Patch moto's EC2."""
    _delay_nat_gateways()
    _delete_interfaces_of_nat_gateways()
    _separate_tags_of_launch_templates()
    _choose_unique_addresses()


def _delay_nat_gateways() -> None:
    """Create NAT gateways in state pending, as AWS does."""
    create = nat_gateways.NatGatewayBackend.create_nat_gateway

    def create_nat_gateway(self: Any, *arguments: Any, **named: Any) -> Any:
        gateway = create(self, *arguments, **named)
        gateway.state = "pending"

        def done() -> None:
            if gateway.state == "pending":
                gateway.state = "available"

        delays.call_when_done("nat", done)
        return gateway

    nat_gateways.NatGatewayBackend.create_nat_gateway = create_nat_gateway


def _delete_interfaces_of_nat_gateways() -> None:
    """Delete the network interface with its NAT gateway. moto leaves it."""
    delete = nat_gateways.NatGatewayBackend.delete_nat_gateway

    def delete_nat_gateway(self: Any, nat_gateway_id: str) -> Any:
        gateway = delete(self, nat_gateway_id)
        interface = getattr(gateway, "_eni", None)
        if interface is not None:
            self.enis.pop(interface.id, None)
        return gateway

    nat_gateways.NatGatewayBackend.delete_nat_gateway = delete_nat_gateway


def _separate_tags_of_launch_templates() -> None:
    """Keep the tags of a launch template out of its data. moto puts them there."""
    create = launch_templates.LaunchTemplateBackend.create_launch_template

    def create_launch_template(
        self: Any, name: str, description: str, template_data: dict[str, Any], tag_spec: Any
    ) -> Any:
        specifications = template_data.get("TagSpecifications", [])
        kept = [each for each in specifications if each.get("ResourceType") != "launch-template"]
        template_data = {key: value for key, value in template_data.items() if key != "TagSpecifications"}
        if kept:
            template_data["TagSpecifications"] = kept
        return create(self, name, description, template_data, tag_spec)

    launch_templates.LaunchTemplateBackend.create_launch_template = create_launch_template


def _choose_unique_addresses() -> None:
    """Give no two interfaces of the sandbox instance one address, even in VPCs with the same range.

    AWS allows that, but here each host needs an address of its own.
    """
    choose = Subnet.get_available_subnet_ip

    def get_available_subnet_ip(self: Any, instance: Any) -> str:
        address: str
        passed: list[str] = []
        while _used_in_other_subnet(address := choose(self, instance), self):
            passed.append(address)
        for each in passed:  # not sooner: it would be chosen again
            self.del_subnet_ip(each)
        return address

    Subnet.get_available_subnet_ip = get_available_subnet_ip


def _used_in_other_subnet(address: str, subnet: Any) -> bool:
    return any(
        address in other._subnet_ips
        for _, ec2 in backends_by_region("ec2")
        for zone in list(ec2.subnets.values())
        for other in list(zone.values())
        if other is not subnet
    )
