"""Access keys of the emulated account: users, sessions and assumed roles, and which keys are valid.

The signature of an ordinary request is not checked.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from moto.sts import models

from sandbox.moto_patches import sts_sessions
from sandbox.moto_patches.backends import ACCOUNT, backend
from sandbox.moto_patches.error_formats import EXPIRED, UNKNOWN_KEY, AwsError, Protocol

USER = "engineer"

_CREDENTIAL = re.compile(r"Credential=([A-Z0-9]{16,128})/")


@dataclass(frozen=True)
class Caller:
    """The owner of an access key. expires: UTC, None for a user's key."""

    access_key_id: str
    secret_access_key: str
    arn: str
    user_id: str
    expires: datetime.datetime | None = None


def create_user() -> Caller:
    """The person who runs epochctl in the sandbox: an IAM user with an access key and full rights."""
    iam = backend("iam", "")
    user = iam.create_user("us-east-1", USER, path="/", tags=[])
    key = iam.create_access_key(user_name=USER)
    return Caller(key.access_key_id, key.secret_access_key, user.arn, user.id)


def renew_access_key() -> Caller:
    """The engineer gets a new access key; the old ones are gone from the account."""
    iam = backend("iam", "")
    for key in iam.list_access_keys(USER):
        iam.delete_access_key(key.access_key_id, USER)
    user, key = iam.get_user(USER), iam.create_access_key(user_name=USER)
    return Caller(key.access_key_id, key.secret_access_key, user.arn, user.id)


def access_keys_of_users() -> list[str]:
    """Keys of users, of the sessions they asked for, and of roles that a pod cannot have assumed."""
    users = [key.access_key_id for user in backend("iam", "").users.values() for key in user.access_keys]
    roles = [role for role in backend("sts", "").assumed_roles if not _is_assumed_by_pods(role.role_arn)]
    sessions_of_users = [key for owner in users for key in sts_sessions.issued_by(owner)]
    return [*users, *sessions_of_users, *(role.access_key_id for role in roles)]


def _is_assumed_by_pods(role_arn: str) -> bool:
    roles = list(backend("iam", "").roles.values())
    return any(r.arn == role_arn and "oidc-provider/" in r.assume_role_policy_document for r in roles)


def caller(access_key_id: str) -> Caller | None:
    """Who owns the key, or None where the account has no such key."""
    session = sts_sessions.find(access_key_id)
    if session is not None:
        owner = caller(session.owner)
        return owner and Caller(access_key_id, session.secret, owner.arn, owner.user_id, session.expires)
    for role in list(backend("sts", "").assumed_roles):
        if role.access_key_id == access_key_id:
            return Caller(access_key_id, role.secret_access_key, role.arn, role.user_id, role.expiration)
    for user in list(backend("iam", "").users.values()):
        for key in user.access_keys:
            if key.access_key_id == access_key_id and key.status == "Active":
                return Caller(access_key_id, key.secret_access_key, user.arn, user.id)
    return None


def access_key_of(authorization: str, query: str) -> str:
    """The access key id of a signed request (header or presigned query); "" for an unsigned one."""
    match = _CREDENTIAL.search(authorization)
    if match:
        return match.group(1)
    for key, value in parse_qsl(query):
        if key == "X-Amz-Credential":
            return value.split("/")[0]
    return ""


def credential_error(access_key_id: str) -> Mapping[Protocol, AwsError] | None:
    """What AWS says, in each of its protocols, to a key that is not valid; None for one that is."""
    known = caller(access_key_id)
    if sts_sessions.is_expired(access_key_id, known.expires if known else None):
        return EXPIRED
    return UNKNOWN_KEY if known is None else None


def install() -> None:
    """Patch GetCallerIdentity to know sessions, and GetSessionToken."""
    identify = models.STSBackend.get_caller_identity

    def get_caller_identity(self: Any, access_key_id: str, region: str) -> tuple[str, str, str]:
        known = caller(access_key_id)
        return (known.user_id, known.arn, ACCOUNT) if known else identify(self, access_key_id, region)

    models.STSBackend.get_caller_identity = get_caller_identity
    sts_sessions.install()
