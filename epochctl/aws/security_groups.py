"""Security groups of one region, and their removal together with the rules of others that name them.

Knows nothing of load balancers or clusters beyond the tags that mark a cluster's own groups.
"""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass
from functools import partial
from typing import Any

from epochctl.aws.session import Aws

CLUSTER_TAG = "elbv2.k8s.aws/cluster"
CLOSED_TAG = "epochctl:closed-"
GUARDDUTY_TAG = "GuardDutyManaged"
_GONE = ("InvalidPermission.NotFound", "InvalidSecurityGroupRuleId.NotFound", "InvalidGroup.NotFound")
_SIDES = (("ingress", "ip-permission.group-id"), ("egress", "egress.ip-permission.group-id"))


@dataclass(frozen=True)
class SecurityGroup:
    """A group in a VPC."""

    id: str
    name: str
    vpc_id: str
    tags: tuple[tuple[str, str], ...] = ()

    def of_cluster(self, cluster: str) -> bool:
        """Made for this very cluster, by its load balancer controller or by EKS."""
        tags = dict(self.tags)
        return cluster in {tags.get(CLUSTER_TAG), tags.get("aws:eks:cluster-name")} or (
            tags.get(f"kubernetes.io/cluster/{cluster}") == "owned"
        )

    @property
    def of_guardduty(self) -> bool:
        """Made by GuardDuty for its endpoint; it stays when the endpoint goes."""
        return dict(self.tags).get(GUARDDUTY_TAG) == "true"


class SecurityGroups:
    """The security groups of one region."""

    def __init__(self, aws: Aws) -> None:
        self._aws = aws

    def of_controller(self, cluster: str) -> tuple[SecurityGroup, ...]:
        """Those that a load balancer controller made for `cluster`."""
        return self._described([{"Name": f"tag:{CLUSTER_TAG}", "Values": [cluster]}])

    def in_vpc(self, vpc_id: str) -> tuple[SecurityGroup, ...]:
        """All but the default one, which goes with its VPC."""
        found = self._described([{"Name": "vpc-id", "Values": [vpc_id]}])
        return tuple(group for group in found if group.name != "default")

    def delete(self, group: SecurityGroup) -> str:
        """Delete it, after the rules of others that name it. "" when gone, else what still holds it."""
        client = self._aws.client("ec2")
        for side, key in _SIDES:
            self._release(group, side, key)
        try:
            self._aws.call(
                lambda: client.delete_security_group(GroupId=group.id),
                absent=("InvalidGroup.NotFound", "DependencyViolation", "ResourceInUse"),
            )
        except LookupError as reason:
            gone = "NotFound" in str(reason)
            return "" if gone else f"{group.id} ({group.name}) is still attached to a network interface"
        return ""

    def close(self, group: SecurityGroup) -> int:
        """Let nobody in any more. What was let in is first written on the group itself, so that whoever comes
        later, from wherever, can `reopen` it. How many rules that were.
        """
        rules = self._inbound(group.id)
        if rules:
            client = self._aws.client("ec2")
            tags = [
                {"Key": f"{CLOSED_TAG}{index}", "Value": _written(rule)} for index, rule in enumerate(rules)
            ]
            self._aws.call(lambda: client.create_tags(Resources=[group.id], Tags=tags))
            ids = [rule["SecurityGroupRuleId"] for rule in rules]
            self._aws.call(
                lambda: client.revoke_security_group_ingress(GroupId=group.id, SecurityGroupRuleIds=ids)
            )
        return len(rules)

    def reopen(self, group: SecurityGroup) -> int:
        """As it was before `close`; how many rules that were. What is there already is left as it is."""
        closed = {key: value for key, value in group.tags if key.startswith(CLOSED_TAG)}
        client = self._aws.client("ec2")
        for value in closed.values():
            with contextlib.suppress(LookupError):
                self._aws.call(
                    partial(
                        client.authorize_security_group_ingress,
                        GroupId=group.id,
                        IpPermissions=[json.loads(value)],
                    ),
                    absent=("InvalidPermission.Duplicate",),
                )
        if closed:
            keys = [{"Key": key} for key in closed]
            self._aws.call(lambda: client.delete_tags(Resources=[group.id], Tags=keys))
        return len(closed)

    def _inbound(self, group: str) -> list[dict[str, Any]]:
        return [rule for rule in self._rules_of(group) if not rule["IsEgress"]]

    def _rules_of(self, group: str) -> list[dict[str, Any]]:
        pages = self._aws.client("ec2").get_paginator("describe_security_group_rules")
        wanted = [{"Name": "group-id", "Values": [group]}]
        return self._aws.call(
            lambda: [rule for page in pages.paginate(Filters=wanted) for rule in page["SecurityGroupRules"]]
        )

    def _release(self, group: SecurityGroup, side: str, key: str) -> None:
        """Revoke rules of other groups that name `group`: they keep it from being deleted.

        By the rules' ids: by its parts a rule is only found where its description is told, too.
        """
        revoke = getattr(self._aws.client("ec2"), f"revoke_security_group_{side}")
        for other in self._described([{"Name": key, "Values": [group.id]}]):
            rules = self._rules(other.id, group.id, side) if other.id != group.id else []
            if rules:
                with contextlib.suppress(LookupError):
                    self._aws.call(
                        partial(revoke, GroupId=other.id, SecurityGroupRuleIds=rules), absent=_GONE
                    )

    def _rules(self, owner: str, named: str, side: str) -> list[str]:
        """The ids of the rules of `owner` that name the other group."""
        return [
            rule["SecurityGroupRuleId"]
            for rule in self._rules_of(owner)
            if rule["IsEgress"] == (side == "egress")
            and rule.get("ReferencedGroupInfo", {}).get("GroupId") == named
        ]

    def _described(self, filters: list[dict[str, Any]]) -> tuple[SecurityGroup, ...]:
        pages = self._aws.client("ec2").get_paginator("describe_security_groups")
        found = self._aws.call(
            lambda: [item for page in pages.paginate(Filters=filters) for item in page["SecurityGroups"]]
        )
        return tuple(_group(item) for item in found)


def _written(rule: dict[str, Any]) -> str:
    """As a tag's value, which ends at 256 characters: then the rule comes back without its description."""
    whole = json.dumps(_allowance(rule))
    return whole if len(whole) <= 256 else json.dumps(_allowance({**rule, "Description": ""}))


def _allowance(rule: dict[str, Any]) -> dict[str, Any]:
    """A rule as `authorize` takes it."""
    words = {"Description": rule["Description"]} if rule.get("Description") else {}
    allowed: dict[str, Any] = {"IpProtocol": rule["IpProtocol"]}
    allowed |= {key: rule[key] for key in ("FromPort", "ToPort") if rule.get(key) is not None}
    if "CidrIpv4" in rule:
        return allowed | {"IpRanges": [{"CidrIp": rule["CidrIpv4"], **words}]}
    if "CidrIpv6" in rule:
        return allowed | {"Ipv6Ranges": [{"CidrIpv6": rule["CidrIpv6"], **words}]}
    if "PrefixListId" in rule:
        return allowed | {"PrefixListIds": [{"PrefixListId": rule["PrefixListId"], **words}]}
    named = rule.get("ReferencedGroupInfo", {}).get("GroupId", "")
    return allowed | {"UserIdGroupPairs": [{"GroupId": named, **words}]}


def _group(item: dict[str, Any]) -> SecurityGroup:
    tags = tuple((tag["Key"], tag["Value"]) for tag in item.get("Tags", ()))
    return SecurityGroup(item["GroupId"], item["GroupName"], item.get("VpcId", ""), tags)
