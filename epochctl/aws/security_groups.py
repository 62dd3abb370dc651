"""Security groups of one region, and their removal together with the rules of others that name them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from epochctl.aws.session import Aws
from epochctl.aws.tags import tag_dict, tag_filters, tag_list

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

    def belongs_to(self, cluster: str) -> bool:
        """Return whether it was made for this cluster, by its load balancer controller or by EKS."""
        tags = dict(self.tags)
        return cluster in {tags.get(CLUSTER_TAG), tags.get("aws:eks:cluster-name")} or (
            tags.get(f"kubernetes.io/cluster/{cluster}") == "owned"
        )

    @property
    def is_guardduty(self) -> bool:
        """Return whether GuardDuty made it for its endpoint; it stays when the endpoint goes."""
        return dict(self.tags).get(GUARDDUTY_TAG) == "true"


class SecurityGroups:
    """The security groups of one region."""

    def __init__(self, aws: Aws) -> None:
        self._aws = aws

    def for_cluster(self, cluster: str) -> tuple[SecurityGroup, ...]:
        """Return those that a load balancer controller made for `cluster`."""
        return self._described(tag_filters({CLUSTER_TAG: cluster}))

    def in_vpc(self, vpc_id: str) -> tuple[SecurityGroup, ...]:
        """All but the default one, which goes with its VPC."""
        found = self._described([{"Name": "vpc-id", "Values": [vpc_id]}])
        return tuple(group for group in found if group.name != "default")

    def delete(self, group: SecurityGroup) -> str:
        """Delete it, after the rules of others that name it. "" when gone, else what still holds it."""
        for side, key in _SIDES:
            self._release(group, side, key)
        absent = ("InvalidGroup.NotFound", "DependencyViolation", "ResourceInUse")
        try:
            self._aws.request("ec2", "delete_security_group", absent=absent, GroupId=group.id)
        except LookupError as reason:
            is_deleted = "NotFound" in str(reason)
            return "" if is_deleted else f"{group.id} ({group.name}) is still attached to a network interface"
        return ""

    def close(self, group: SecurityGroup) -> int:
        """Let nobody in any more. What was let in is first written on the group itself, so that whoever comes
        later, from wherever, can `reopen` it. How many rules that were.
        """
        rules = self._inbound(group.id)
        if rules:
            tags = {f"{CLOSED_TAG}{index}": _written(rule) for index, rule in enumerate(rules)}
            self._aws.request("ec2", "create_tags", Resources=[group.id], Tags=tag_list(tags))
            ids = [rule["SecurityGroupRuleId"] for rule in rules]
            operation = "revoke_security_group_ingress"
            self._aws.request("ec2", operation, GroupId=group.id, SecurityGroupRuleIds=ids)
        return len(rules)

    def reopen(self, group: SecurityGroup) -> int:
        """As it was before `close`; how many rules that were. What is there already is left as it is."""
        closed = {key: value for key, value in group.tags if key.startswith(CLOSED_TAG)}
        for value in closed.values():
            rule = {"GroupId": group.id, "IpPermissions": [json.loads(value)]}
            absent = ("InvalidPermission.Duplicate",)
            self._aws.find("ec2", "authorize_security_group_ingress", absent=absent, **rule)
        if closed:
            keys = [{"Key": key} for key in closed]
            self._aws.request("ec2", "delete_tags", Resources=[group.id], Tags=keys)
        return len(closed)

    def _inbound(self, group: str) -> list[dict[str, Any]]:
        return [rule for rule in self._rules_of(group) if not rule["IsEgress"]]

    def _rules_of(self, group: str) -> list[dict[str, Any]]:
        filters = [{"Name": "group-id", "Values": [group]}]
        operation = "describe_security_group_rules"
        return self._aws.items("ec2", operation, "SecurityGroupRules", Filters=filters)

    def _release(self, group: SecurityGroup, side: str, key: str) -> None:
        """Revoke rules of other groups that name `group`: they keep it from being deleted.

        By the rules' ids: by its parts a rule is only found where its description is told, too.
        """
        operation = f"revoke_security_group_{side}"
        for other in self._described([{"Name": key, "Values": [group.id]}]):
            rules = self._rules(other.id, group.id, side) if other.id != group.id else []
            if rules:
                names = {"GroupId": other.id, "SecurityGroupRuleIds": rules}
                self._aws.find("ec2", operation, absent=_GONE, **names)

    def _rules(self, owner: str, named: str, side: str) -> list[str]:
        """The ids of the rules of `owner` that name the other group."""
        return [
            rule["SecurityGroupRuleId"]
            for rule in self._rules_of(owner)
            if rule["IsEgress"] == (side == "egress")
            and rule.get("ReferencedGroupInfo", {}).get("GroupId") == named
        ]

    def _described(self, filters: list[dict[str, Any]]) -> tuple[SecurityGroup, ...]:
        found = self._aws.items("ec2", "describe_security_groups", "SecurityGroups", Filters=filters)
        return tuple(_group(item) for item in found)


def _written(rule: dict[str, Any]) -> str:
    """As a tag's value, which ends at 256 characters: then the rule comes back without its description."""
    whole = json.dumps(_allowance(rule))
    return whole if len(whole) <= 256 else json.dumps(_allowance({**rule, "Description": ""}))


def _allowance(rule: dict[str, Any]) -> dict[str, Any]:
    """A rule as `authorize` takes it."""
    description = {"Description": rule["Description"]} if rule.get("Description") else {}
    allowed: dict[str, Any] = {"IpProtocol": rule["IpProtocol"]}
    allowed |= {key: rule[key] for key in ("FromPort", "ToPort") if rule.get(key) is not None}
    if "CidrIpv4" in rule:
        return allowed | {"IpRanges": [{"CidrIp": rule["CidrIpv4"], **description}]}
    if "CidrIpv6" in rule:
        return allowed | {"Ipv6Ranges": [{"CidrIpv6": rule["CidrIpv6"], **description}]}
    if "PrefixListId" in rule:
        return allowed | {"PrefixListIds": [{"PrefixListId": rule["PrefixListId"], **description}]}
    named = rule.get("ReferencedGroupInfo", {}).get("GroupId", "")
    return allowed | {"UserIdGroupPairs": [{"GroupId": named, **description}]}


def _group(item: dict[str, Any]) -> SecurityGroup:
    tags = tuple(tag_dict(item.get("Tags")).items())
    return SecurityGroup(item["GroupId"], item["GroupName"], item.get("VpcId", ""), tags)
