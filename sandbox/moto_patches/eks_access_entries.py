"""EKS access entries: which principals may enter a cluster, and with which Kubernetes groups.

moto has none. The entries are stored in moto's cluster object.
"""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sandbox.moto_patches.backends import ACCOUNT, backend
from sandbox.moto_patches.eks_operations import Operation, add_operations, eks_error, now

POLICY_PREFIX = "arn:aws:eks::aws:cluster-access-policy/"
# Kubernetes groups that stand for a policy; the cluster's own RBAC gives them their rights.
GROUPS = {
    "AmazonEKSClusterAdminPolicy": "system:masters",
    "AmazonEKSAdminPolicy": "sandbox:admin",
    "AmazonEKSEditPolicy": "sandbox:edit",
    "AmazonEKSViewPolicy": "sandbox:view",
}
ADMINISTRATOR = POLICY_PREFIX + "AmazonEKSClusterAdminPolicy"

_ENTRIES = "/clusters/(?P<name>[^/]+)/access-entries"
# No group inside a group: moto's words to its web server break on it, and with them every call of EKS.
# What ends in /access-policies is asked for first, because it is added last.
_ONE = _ENTRIES + "/(?P<principalArn>.+)"
_POLICIES = _ONE + "/access-policies"


@dataclass
class AccessEntry:
    """One principal of one cluster. policies: ARN -> when it was associated."""

    cluster: str
    principal: str
    kind: str = "STANDARD"
    groups: list[str] = field(default_factory=list)
    tags: dict[str, str] = field(default_factory=dict)
    username: str = ""
    policies: dict[str, datetime] = field(default_factory=dict)
    made: datetime = field(default_factory=now)
    id: str = field(default_factory=lambda: str(uuid.uuid4()))

    def describe(self, region: str) -> dict[str, Any]:
        kind, _, name = self.principal.split(":")[5].partition("/")
        path = f"{self.cluster}/{kind}/{ACCOUNT}/{name.rpartition('/')[2]}/{self.id}"
        return {
            "clusterName": self.cluster,
            "principalArn": self.principal,
            "kubernetesGroups": list(self.groups),
            "accessEntryArn": f"arn:aws:eks:{region}:{ACCOUNT}:access-entry/{path}",
            "createdAt": self.made,
            "modifiedAt": self.made,
            "tags": dict(self.tags),
            "username": self.username or _username(self.principal),
            "type": self.kind,
        }


def entries(cluster: Any) -> dict[str, AccessEntry]:
    """The entries of one of moto's clusters, by principal."""
    found: dict[str, AccessEntry] = cluster.__dict__.setdefault("access_entries", {})
    return found


def principal_of(arn: str) -> str:
    """Whose entry counts for a caller: of an assumed role, the role."""
    match = re.fullmatch(r"arn:aws:sts::\d+:assumed-role/([^/]+)/.+", arn)
    if not match:
        return arn
    roles = backend("iam", "").roles.values()
    return next((str(role.arn) for role in list(roles) if role.name == match[1]), arn)


def groups_of(cluster: Any, arn: str) -> list[str] | None:
    """The Kubernetes groups of a caller; None: the cluster does not know it."""
    entry = entries(cluster).get(principal_of(arn))
    if entry is None:
        return None
    given = [GROUPS[policy.removeprefix(POLICY_PREFIX)] for policy in entry.policies]
    return [*entry.groups, *given]


def create_default_entries(cluster: Any, creator: str, node_role: str = "") -> None:
    """What EKS enters by itself: who created the cluster, and the role of its nodes."""
    if node_role:
        nodes = AccessEntry(cluster.name, node_role, "EC2_LINUX", ["system:nodes"])
        entries(cluster).setdefault(node_role, nodes)
    access = cluster.access_config
    if creator and access["bootstrapClusterCreatorAdminPermissions"]:
        principal = principal_of(creator)
        entry = AccessEntry(cluster.name, principal, policies={ADMINISTRATOR: now()})
        entries(cluster).setdefault(principal, entry)


def install() -> None:
    """Add the operations."""
    add_operations(
        Operation("CreateAccessEntry", "POST", _ENTRIES, _create),
        Operation("ListAccessEntries", "GET", _ENTRIES, _list),
        Operation(
            "DescribeAccessEntry", "GET", _ONE, lambda response: _entry_response(response, _entry(response))
        ),
        Operation("UpdateAccessEntry", "POST", _ONE, _update),
        Operation("DeleteAccessEntry", "DELETE", _ONE, _delete),
        Operation("AssociateAccessPolicy", "POST", _POLICIES, _associate),
        Operation("ListAssociatedAccessPolicies", "GET", _POLICIES, _list_associated),
        Operation("DisassociateAccessPolicy", "DELETE", _POLICIES + "/(?P<policyArn>.+)", _disassociate),
        Operation("ListAccessPolicies", "GET", "/access-policies", _list_policies),
    )


def _cluster(response: Any) -> Any:
    """Raises where there is none, or where only its ConfigMap says who may enter."""
    name = response._get_param("name") or response._get_param("clusterName")
    cluster = response.eks_backend.describe_cluster(name=name)
    if cluster.access_config["authenticationMode"] == "CONFIG_MAP":
        modes = "[API, API_AND_CONFIG_MAP]"
        message = (
            f"The cluster's authentication mode must be set to one of {modes} to perform this operation."
        )
        raise eks_error("InvalidRequestException", name, message)
    return cluster


def _entry(response: Any) -> AccessEntry:
    cluster, principal = _cluster(response), response._get_param("principalArn")
    if principal not in entries(cluster):
        message = "The specified principalArn could not be found."
        raise eks_error("ResourceNotFoundException", cluster.name, message)
    return entries(cluster)[principal]


def _create(response: Any) -> dict[str, Any]:
    cluster, principal = _cluster(response), response._get_param("principalArn")
    if not _exists(principal):
        message = "The specified principalArn is invalid: invalid principal."
        raise eks_error("InvalidParameterException", cluster.name, message)
    if principal in entries(cluster):
        message = "The specified access entry resource is already in use on this cluster."
        raise eks_error("ResourceInUseException", cluster.name, message)
    entry = entries(cluster)[principal] = AccessEntry(
        cluster.name,
        principal,
        response._get_param("type") or "STANDARD",
        list(response._get_param("kubernetesGroups") or []),
        dict(response._get_param("tags") or {}),
        response._get_param("username") or "",
    )
    return _entry_response(response, entry)


def _list(response: Any) -> dict[str, Any]:
    policy = response._get_param("associatedPolicyArn")
    found = entries(_cluster(response)).values()
    return {"accessEntries": sorted(e.principal for e in found if not policy or policy in e.policies)}


def _update(response: Any) -> dict[str, Any]:
    entry = _entry(response)
    groups = response._get_param("kubernetesGroups")
    entry.groups = entry.groups if groups is None else list(groups)
    entry.username = response._get_param("username") or entry.username
    return _entry_response(response, entry)


def _delete(response: Any) -> dict[str, Any]:
    entry = _entry(response)
    del entries(_cluster(response))[entry.principal]
    return {}


def _associate(response: Any) -> dict[str, Any]:
    entry, policy = _entry(response), response._get_param("policyArn")
    if policy.removeprefix(POLICY_PREFIX) not in GROUPS:
        raise eks_error("InvalidParameterException", entry.cluster, f"The policyArn {policy} is invalid.")
    if (response._get_param("accessScope") or {}).get("type") != "cluster":
        message = "The sandbox knows access to the whole cluster only, not to single namespaces."
        raise eks_error("InvalidParameterException", entry.cluster, message)
    entry.policies.setdefault(policy, now())
    associated = _associated(entry, policy)
    return {
        "clusterName": entry.cluster,
        "principalArn": entry.principal,
        "associatedAccessPolicy": associated,
    }


def _list_associated(response: Any) -> dict[str, Any]:
    entry = _entry(response)
    associated = [_associated(entry, policy) for policy in entry.policies]
    return {
        "clusterName": entry.cluster,
        "principalArn": entry.principal,
        "associatedAccessPolicies": associated,
    }


def _disassociate(response: Any) -> dict[str, Any]:
    entry, policy = _entry(response), response._get_param("policyArn")
    if entry.policies.pop(policy, None) is None:
        message = "The specified policyArn is not associated with this principal."
        raise eks_error("ResourceNotFoundException", entry.cluster, message)
    return {}


def _list_policies(response: Any) -> dict[str, Any]:
    return {"accessPolicies": [{"name": name, "arn": POLICY_PREFIX + name} for name in GROUPS]}


def _entry_response(response: Any, entry: AccessEntry) -> dict[str, Any]:
    return {"accessEntry": entry.describe(response.region)}


def _associated(entry: AccessEntry, policy: str) -> dict[str, Any]:
    when = entry.policies[policy]
    scope = {"type": "cluster", "namespaces": []}
    return {"policyArn": policy, "accessScope": scope, "associatedAt": when, "modifiedAt": when}


def _exists(principal: str) -> bool:
    """Whether IAM has such a user or role. A session of a role is none."""
    iam = backend("iam", "")
    return principal in {each.arn for each in (*iam.users.values(), *iam.roles.values())}


def _username(principal: str) -> str:
    """Return the default user name, as EKS builds it: with a placeholder for the session of a role."""
    kind, _, name = principal.split(":")[5].partition("/")
    short = name.rpartition("/")[2]
    return f"arn:aws:sts::{ACCOUNT}:assumed-role/{short}/{{{{SessionName}}}}" if kind == "role" else principal
