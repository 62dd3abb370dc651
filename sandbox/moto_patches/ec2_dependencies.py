"""Deletions that EC2 refuses because a resource is in use or has dependents. moto deletes it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from moto.ec2.exceptions import DependencyViolationError, EC2ClientError
from moto.ec2.models import elastic_network_interfaces as interfaces
from moto.ec2.models import security_groups, subnets, vpcs


def install() -> None:
    """Patch the deletion of interfaces, security groups, subnets and VPCs."""
    _patch_interfaces()
    _patch_groups()
    _patch_networks()


def _patch_interfaces() -> None:
    delete = interfaces.NetworkInterfaceBackend.delete_network_interface

    def delete_network_interface(self: Any, eni_id: str) -> None:
        interface = self.enis.get(eni_id)
        if interface is not None and (interface.status == "in-use" or interface.attachment_id):
            raise EC2ClientError(
                "InvalidParameterValue", f"Network interface '{eni_id}' is currently in use."
            )
        delete(self, eni_id)

    interfaces.NetworkInterfaceBackend.delete_network_interface = delete_network_interface


def _patch_groups() -> None:
    delete = security_groups.SecurityGroupBackend.delete_security_group

    def delete_security_group(self: Any, name: str | None = None, group_id: str | None = None) -> None:
        if group_id and any(_users_of_group(self, group_id)):
            raise DependencyViolationError(f"resource {group_id} has a dependent object")
        delete(self, name, group_id)

    security_groups.SecurityGroupBackend.delete_security_group = delete_security_group


def _patch_networks() -> None:
    delete_subnet, delete_vpc = subnets.SubnetBackend.delete_subnet, vpcs.VPCBackend.delete_vpc

    def subnet_deleted(self: Any, subnet_id: str) -> Any:
        if any(interface.subnet.id == subnet_id for interface in list(self.enis.values())):
            raise DependencyViolationError(
                f"The subnet '{subnet_id}' has dependencies and cannot be deleted."
            )
        return delete_subnet(self, subnet_id)

    def vpc_deleted(self: Any, vpc_id: str) -> Any:
        if any(_dependents_of_vpc(self, vpc_id)):
            raise DependencyViolationError(f"The vpc '{vpc_id}' has dependencies and cannot be deleted.")
        return delete_vpc(self, vpc_id)

    subnets.SubnetBackend.delete_subnet = subnet_deleted
    vpcs.VPCBackend.delete_vpc = vpc_deleted


def _users_of_group(ec2: Any, group_id: str) -> Iterator[str]:
    """Interfaces that the group is on, and other groups whose rules name it."""
    for interface in list(ec2.enis.values()):
        if any(group.id == group_id for group in interface.group_set):
            yield str(interface.id)
    for groups in list(ec2.groups.values()):
        for other in list(groups.values()):
            if other.id != group_id and group_id in _referenced_groups(other):
                yield str(other.id)


def _referenced_groups(group: Any) -> set[str]:
    """Ids of the groups that its rules name."""
    return {str(rule.source_group.get("GroupId", "")) for rule in [*group.ingress_rules, *group.egress_rules]}


def _dependents_of_vpc(ec2: Any, vpc_id: str) -> Iterator[str]:
    """What keeps a VPC alive besides what moto looks at."""
    yield from (g.id for g in list(ec2.groups.get(vpc_id, {}).values()) if g.name != "default")
    yield from (g.id for g in list(ec2.internet_gateways.values()) if g.vpc and g.vpc.id == vpc_id)
    endpoints = list(ec2.vpc_end_points.values())
    yield from (e.id for e in endpoints if e.vpc_id == vpc_id and e.state != "deleted")
