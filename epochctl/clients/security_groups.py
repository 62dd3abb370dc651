"""Security groups that a load balancer controller made, and their removal when none is left to do it.

Knows nothing of load balancers; deletes only what carries the cluster's tag.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from functools import partial
from typing import Any

from epochctl.clients.aws import Aws

CLUSTER_TAG = "elbv2.k8s.aws/cluster"
_GONE = ("InvalidPermission.NotFound", "InvalidSecurityGroupRuleId.NotFound", "InvalidGroup.NotFound")


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
        """Revoke rules of other groups that let `group` in: they keep it from being deleted.

        By the rules' ids: by its parts a rule is only found where its description is told, too.
        """
        client = self._aws.client("ec2")
        for other in self._described([{"Name": "ip-permission.group-id", "Values": [group.id]}]):
            rules = self._rules(other["GroupId"], group.id) if other["GroupId"] != group.id else []
            if rules:
                with contextlib.suppress(LookupError):
                    self._aws.call(
                        partial(
                            client.revoke_security_group_ingress,
                            GroupId=other["GroupId"],
                            SecurityGroupRuleIds=rules,
                        ),
                        absent=_GONE,
                    )

    def _rules(self, owner: str, source: str) -> list[str]:
        """The ids of the rules of `owner` that let `source` in."""
        pages = self._aws.client("ec2").get_paginator("describe_security_group_rules")
        wanted = [{"Name": "group-id", "Values": [owner]}]
        found = self._aws.call(
            lambda: [rule for page in pages.paginate(Filters=wanted) for rule in page["SecurityGroupRules"]]
        )
        return [
            rule["SecurityGroupRuleId"]
            for rule in found
            if not rule["IsEgress"] and rule.get("ReferencedGroupInfo", {}).get("GroupId") == source
        ]

    def _described(self, filters: list[dict[str, Any]]) -> list[dict[str, Any]]:
        pages = self._aws.client("ec2").get_paginator("describe_security_groups")
        return self._aws.call(
            lambda: [item for page in pages.paginate(Filters=filters) for item in page["SecurityGroups"]]
        )
