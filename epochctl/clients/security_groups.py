"""Security groups that a load balancer controller made, and their removal when none is left to do it.

Knows nothing of load balancers; deletes only what carries the cluster's tag.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from epochctl.clients.aws import Aws

CLUSTER_TAG = "elbv2.k8s.aws/cluster"


@dataclass(frozen=True)
class SecurityGroup:
    """A group in a VPC."""

    id: str
    name: str
    vpc_id: str


class SecurityGroups:
    """The security groups of one region."""

    def __init__(self, aws: Aws) -> None:
        self._aws = aws

    def of_cluster(self, cluster: str) -> tuple[SecurityGroup, ...]:
        """Those that a controller made for `cluster`."""
        found = self._described([{"Name": f"tag:{CLUSTER_TAG}", "Values": [cluster]}])
        return tuple(SecurityGroup(item["GroupId"], item["GroupName"], item["VpcId"]) for item in found)

    def delete(self, group: SecurityGroup) -> str:
        """Delete it, after the rules of others that name it. "" when gone, else what still holds it."""
        client = self._aws.client("ec2")
        self._release(group)
        try:
            self._aws.call(
                lambda: client.delete_security_group(GroupId=group.id),
                absent=("InvalidGroup.NotFound", "DependencyViolation"),
            )
        except LookupError as reason:
            held = "DependencyViolation" in str(reason)
            return f"{group.id} ({group.name}) is still attached to a network interface" if held else ""
        return ""

    def _release(self, group: SecurityGroup) -> None:
        """Revoke rules of other groups that let `group` in: they keep it from being deleted."""
        client = self._aws.client("ec2")
        for other in self._described([{"Name": "ip-permission.group-id", "Values": [group.id]}]):
            rules = [_only(rule, group.id) for rule in other["IpPermissions"] if _only(rule, group.id)]
            if rules and other["GroupId"] != group.id:
                target = other["GroupId"]
                self._aws.call(
                    lambda target=target, rules=rules: client.revoke_security_group_ingress(  # type: ignore[misc]
                        GroupId=target, IpPermissions=rules
                    ),
                    absent=(),
                )

    def _described(self, filters: list[dict[str, Any]]) -> list[dict[str, Any]]:
        pages = self._aws.client("ec2").get_paginator("describe_security_groups")
        return self._aws.call(
            lambda: [item for page in pages.paginate(Filters=filters) for item in page["SecurityGroups"]]
        )


def _only(rule: dict[str, Any], group_id: str) -> dict[str, Any]:
    """The part of a rule that names the group, or {}."""
    pairs = [pair for pair in rule.get("UserIdGroupPairs", []) if pair.get("GroupId") == group_id]
    if not pairs:
        return {}
    kept: dict[str, Any] = {key: rule[key] for key in ("IpProtocol", "FromPort", "ToPort") if key in rule}
    return {**kept, "UserIdGroupPairs": [{"GroupId": group_id}]}
