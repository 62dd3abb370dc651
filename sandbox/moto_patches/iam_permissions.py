"""IAM policies of roles that pods assume (IRSA), evaluated by action and not by resource.

Every other caller may do everything.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import parse_qs

from sandbox.moto_patches.backends import backend
from sandbox.moto_patches.error_formats import AwsError, Protocol

_EVALUATED: Mapping[str, Protocol] = {"ec2": "ec2", "elasticloadbalancing": "query", "acm": "json"}
_EC2 = "You are not authorized to perform this operation."
_WHY = "User: {who} is not authorized to perform: {action} on resource: * because no identity-based policy "
_WHY += "allows the {action} action"


def is_evaluated(service: str, key: str) -> bool:
    """Whether this caller's policies count for this service: only then the body must be read."""
    return service in _EVALUATED and _assumed(key) is not None


def denial(service: str, key: str, target: str, body: bytes) -> AwsError | None:
    """AWS's refusal of an action that the caller's role does not allow, or None."""
    assumed = _assumed(key)
    name = target.rpartition(".")[2] or parse_qs(body.decode("utf-8", "replace")).get("Action", [""])[0]
    if assumed is None or not name:
        return None
    action, role = f"{service}:{name}", backend("iam", "").get_role_by_arn(assumed.role_arn)
    if _allows(list(_statements(role)), action):
        return None
    why = _WHY.format(who=assumed.arn, action=action)
    if _EVALUATED[service] == "ec2":
        return AwsError(403, "UnauthorizedOperation", f"{_EC2} {why}")
    if _EVALUATED[service] == "json":
        return AwsError(400, "AccessDeniedException", why)
    return AwsError(403, "AccessDenied", why)


def _assumed(key: str) -> Any:
    """The session that owns the key, where its role trusts an identity provider."""
    for session in list(backend("sts", "").assumed_roles):
        if session.access_key_id == key:
            role = backend("iam", "").get_role_by_arn(session.role_arn)
            return session if '"Federated"' in role.assume_role_policy_document else None
    return None


def _statements(role: Any) -> Iterator[dict[str, Any]]:
    """Of its own policies, and of the attached ones' default versions."""
    documents = list(role.policies.values())
    for policy in list(role.managed_policies.values()):
        documents += [v.document for v in policy.versions if v.version_id == policy.default_version_id]
    for document in documents:
        found = json.loads(document) if isinstance(document, str) else document
        yield from _listed(found.get("Statement", []))


def _allows(statements: list[dict[str, Any]], action: str) -> bool:
    effects = {one.get("Effect") for one in statements if _covers(one, action)}
    return "Allow" in effects and "Deny" not in effects


def _covers(statement: dict[str, Any], action: str) -> bool:
    """A Deny with a condition is left aside: it cannot be judged by the action."""
    if statement.get("Effect") == "Deny" and statement.get("Condition"):
        return False
    patterns = [str(pattern).lower() for pattern in _listed(statement.get("Action", []))]
    return any(fnmatchcase(action.lower(), pattern) for pattern in patterns)


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list) else [value]
