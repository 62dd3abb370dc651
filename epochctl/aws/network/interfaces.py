"""Network interfaces of a VPC as frozen facts: who made one, who holds it, whether it goes away by itself.

Changes nothing.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from epochctl.aws.tags import has_tags, tag_dict

POD = "aws-K8S-"  # how the VPC CNI describes what it makes
CONTROL_PLANE, BALANCER = "Amazon EKS ", "ELB "


@dataclass(frozen=True)
class Interface:
    """status: available (nobody uses it), in-use, attaching, detaching. holder: an instance or a service."""

    id: str
    description: str
    status: str
    kind: str
    instance: str
    holder: str
    tags: tuple[tuple[str, str], ...]

    def is_pod_interface(self, cluster: str) -> bool:
        """Made by the VPC CNI. Older CNIs do not name the cluster; a cluster that is named must be ours."""
        named = dict(self.tags).get("cluster.k8s.amazonaws.com/name", cluster)
        return self.description.startswith(POD) and named == cluster

    def is_released_with(self, cluster: str, tags: dict[str, str], instances: Collection[str]) -> bool:
        """Return whether it is deleted with the cluster. instances: ids of the cluster's.

        A load balancer's outlives it by a minute or so; one that stays is reported by its load balancer.
        """
        return (
            self.is_pod_interface(cluster)
            or self.instance in instances
            or self.description.startswith(BALANCER)
            or self.description == CONTROL_PLANE + cluster
            or has_tags(dict(self.tags), tags)
        )

    @property
    def summary(self) -> str:
        """Return what helps to find its owner."""
        described = self.description or "no description"
        known = ", ".join(f"{key}={value}" for key, value in self.tags[:4])
        return (
            f"network interface {self.id} ({described}), {self.status}, held by {self.holder or 'nobody'}"
            + (f" ({known})" if known else "")
        )


def interface(item: dict[str, Any]) -> Interface:
    """From what EC2 describes."""
    attachment = item.get("Attachment") or {}
    instance = attachment.get("InstanceId", "")
    service = attachment.get("InstanceOwnerId") or item.get("RequesterId", "")
    return Interface(
        id=item["NetworkInterfaceId"],
        description=item.get("Description") or "",
        status=item["Status"],
        kind=item.get("InterfaceType", ""),
        instance=instance,
        holder=instance or (service if item["Status"] != "available" else ""),
        tags=tuple(tag_dict(item.get("TagSet")).items()),
    )
