"""What is left inside a VPC when its cluster goes: interfaces and security groups that no terraform made.

Sweeps only what carries this cluster's mark and is in use by nobody; names whatever else keeps the VPC alive.
"""

from __future__ import annotations

from typing import Any

from epochctl.clients.aws import Aws

_GONE = (
    "InvalidNetworkInterfaceID.NotFound",
    "InvalidGroup.NotFound",
    "InvalidGroupId.NotFound",
    "InvalidVpcID.NotFound",
)
_IN_USE = ("DependencyViolation", "InvalidParameterValue", "InvalidNetworkInterface.InUse", "ResourceInUse")


class Network:
    """The interfaces and security groups of one VPC."""

    def __init__(self, aws: Aws) -> None:
        self._aws = aws

    def find(self, tags: dict[str, str]) -> tuple[str, ...]:
        """Ids of the VPCs that carry all these tags."""
        filters = [{"Name": f"tag:{key}", "Values": [value]} for key, value in tags.items()]
        return tuple(vpc["VpcId"] for vpc in self._list("describe_vpcs", "Vpcs", filters))

    def sweep(self, vpc_id: str, cluster: str) -> tuple[str, ...]:
        """Delete this cluster's idle pod interfaces and security groups. Returns what was removed."""
        return (*self._sweep_interfaces(vpc_id, cluster), *self._sweep_groups(vpc_id, cluster))

    def blockers(self, vpc_id: str, cluster: str) -> tuple[str, ...]:
        """What still keeps the VPC alive besides terraform's own parts, a line each with id and owner."""
        ours = self._nat_interfaces(vpc_id)
        lines = [_line(item) for item in self._interfaces(vpc_id) if item["NetworkInterfaceId"] not in ours]
        for group in self._groups(vpc_id):
            owner = "of this cluster" if _of_cluster(_tags(group), cluster) else "not made by epochctl"
            lines.append(f"security group {group['GroupId']} ({group['GroupName']}), {owner}")
        return tuple(lines)

    def _sweep_interfaces(self, vpc_id: str, cluster: str) -> list[str]:
        removed = []
        for item in self._interfaces(vpc_id):
            if item["Status"] != "available" or not _pod_interface(item, cluster):
                continue
            if self._delete("delete_network_interface", NetworkInterfaceId=item["NetworkInterfaceId"]):
                removed.append(f"network interface {item['NetworkInterfaceId']} ({item['Description']})")
        return removed

    def _sweep_groups(self, vpc_id: str, cluster: str) -> list[str]:
        groups = [group for group in self._groups(vpc_id) if _of_cluster(_tags(group), cluster)]
        for group in groups:  # they name each other in their rules
            self._drop_rules(group)
        names = {group["GroupId"]: group["GroupName"] for group in groups}
        return [
            f"security group {id} ({names[id]})"
            for id in names
            if self._delete("delete_security_group", GroupId=id)
        ]

    def _drop_rules(self, group: dict[str, Any]) -> None:
        ec2, id = self._aws.client("ec2"), group["GroupId"]
        if group.get("IpPermissions"):
            self._try(
                lambda: ec2.revoke_security_group_ingress(GroupId=id, IpPermissions=group["IpPermissions"])
            )

    def _delete(self, operation: str, **arguments: str) -> bool:
        """Whether it is gone now by our doing; False where it is in use or was gone before."""
        return self._try(lambda: getattr(self._aws.client("ec2"), operation)(**arguments))

    def _try(self, request: Any) -> bool:
        try:
            self._aws.call(request, absent=_GONE + _IN_USE + ("InvalidPermission.NotFound",))
        except LookupError:
            return False
        return True

    def _interfaces(self, vpc_id: str) -> list[dict[str, Any]]:
        return self._list("describe_network_interfaces", "NetworkInterfaces", _in(vpc_id))

    def _nat_interfaces(self, vpc_id: str) -> set[str]:
        """They go with their gateway, which is terraform's."""
        gateways = self._list("describe_nat_gateways", "NatGateways", _in(vpc_id))
        addresses = [address for gateway in gateways for address in gateway.get("NatGatewayAddresses", [])]
        return {address.get("NetworkInterfaceId", "") for address in addresses}

    def _groups(self, vpc_id: str) -> list[dict[str, Any]]:
        found = self._list("describe_security_groups", "SecurityGroups", _in(vpc_id))
        return [group for group in found if group["GroupName"] != "default"]

    def _list(self, operation: str, key: str, filters: list[dict[str, Any]]) -> list[dict[str, Any]]:
        pages = self._aws.client("ec2").get_paginator(operation).paginate(Filters=filters)
        return [item for page in self._aws.call(lambda: list(pages)) for item in page[key]]


def _in(vpc_id: str) -> list[dict[str, Any]]:
    return [{"Name": "vpc-id", "Values": [vpc_id]}]


def _tags(item: dict[str, Any]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in item.get("Tags") or item.get("TagSet") or []}


def _of_cluster(tags: dict[str, str], cluster: str) -> bool:
    """Security groups made by the load balancer controller, or left over by EKS, for this very cluster."""
    return cluster in {tags.get("elbv2.k8s.aws/cluster"), tags.get("aws:eks:cluster-name")} or (
        tags.get(f"kubernetes.io/cluster/{cluster}") == "owned"
    )


def _pod_interface(item: dict[str, Any], cluster: str) -> bool:
    """Made by the VPC CNI. Older CNIs do not name the cluster; a cluster that is named must be ours."""
    named = _tags(item).get("cluster.k8s.amazonaws.com/name", cluster)
    return str(item.get("Description", "")).startswith("aws-K8S-") and named == cluster


def _line(item: dict[str, Any]) -> str:
    attachment = item.get("Attachment") or {}
    owner = (
        attachment.get("InstanceId")
        or attachment.get("InstanceOwnerId")
        or item.get("RequesterId")
        or "nobody"
    )
    described = item.get("Description") or "no description"
    return f"network interface {item['NetworkInterfaceId']} ({described}), {item['Status']}, held by {owner}"
