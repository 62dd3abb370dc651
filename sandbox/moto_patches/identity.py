"""Who is asking: access keys of the account, EKS tokens (a presigned STS call), and web identity (IRSA).

EKS and web identity tokens are checked by their signatures, an ordinary request by its key alone.
Permissions are another module's: permissions.
"""

from __future__ import annotations

import base64
import datetime
import fnmatch
import hashlib
import hmac
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

import jwt
from moto.sts import models, responses
from moto.sts.exceptions import STSClientError

from sandbox.moto_patches import sts_sessions
from sandbox.moto_patches.backends import ACCOUNT, backend
from sandbox.moto_patches.error_formats import EXPIRED, UNKNOWN_KEY, AwsError, Protocol

TOKEN_PREFIX = "k8s-aws-v1."
TOKEN_MINUTES = 15
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


def authenticate_token(token: str, cluster: str) -> Caller | None:
    """The caller behind an EKS token, or None: not one, expired, for another cluster, or wrongly signed."""
    if not token.startswith(TOKEN_PREFIX):
        return None
    encoded = token.removeprefix(TOKEN_PREFIX)
    try:
        url = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode()
        parts = urlsplit(url)
    except ValueError:
        return None
    query = dict(parse_qsl(parts.query))
    key = query.get("X-Amz-Credential", "").split("/")[0]
    known = caller(key)
    if (
        known is None
        or credential_error(key) is not None
        or query.get("Action") != "GetCallerIdentity"
        or not re.fullmatch(r"sts\.[a-z0-9.-]+", parts.netloc)
    ):
        return None
    if "x-k8s-aws-id" not in query.get("X-Amz-SignedHeaders", "").split(";") or _is_too_old(
        query.get("X-Amz-Date", "")
    ):
        return None
    expected = _signature(
        known.secret_access_key, parts.netloc, parts.path or "/", query, {"x-k8s-aws-id": cluster}
    )
    signature = query.get("X-Amz-Signature", "")
    return known if hmac.compare_digest(expected.encode(), signature.encode()) else None


def _is_too_old(date: str) -> bool:
    try:
        made = datetime.datetime.strptime(date, "%Y%m%dT%H%M%SZ").replace(tzinfo=datetime.UTC)
    except ValueError:
        return True
    return abs(datetime.datetime.now(datetime.UTC) - made) > datetime.timedelta(minutes=TOKEN_MINUTES)


def _signature(secret: str, host: str, path: str, query: dict[str, str], headers: dict[str, str]) -> str:
    """Signature Version 4 of a presigned GET."""
    signed = query["X-Amz-SignedHeaders"].split(";")
    values = {"host": host, **headers}
    pairs = sorted(
        (quote(k, safe="-_.~"), quote(v, safe="-_.~")) for k, v in query.items() if k != "X-Amz-Signature"
    )
    canonical = "\n".join(
        [
            "GET",
            path,
            "&".join(f"{k}={v}" for k, v in pairs),
            *[f"{name}:{values.get(name, '')}" for name in signed],
            "",
            ";".join(signed),
            hashlib.sha256(b"").hexdigest(),
        ]
    )
    date, scope = query["X-Amz-Date"], "/".join(query["X-Amz-Credential"].split("/")[1:])
    text = f"AWS4-HMAC-SHA256\n{date}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def install(public_key: Callable[[str], str | None]) -> None:
    """Patch AssumeRoleWithWebIdentity: the token's signature, its provider and the role's trust are checked.

    public_key(issuer) gives the PEM that the issuer signs with, or None. GetCallerIdentity knows sessions.
    """
    identify = models.STSBackend.get_caller_identity

    def get_caller_identity(self: Any, access_key_id: str, region: str) -> tuple[str, str, str]:
        known = caller(access_key_id)
        return (known.user_id, known.arn, ACCOUNT) if known else identify(self, access_key_id, region)

    models.STSBackend.get_caller_identity = get_caller_identity
    sts_sessions.install()

    answer = responses.TokenResponse.assume_role_with_web_identity

    def respond(self: Any) -> Any:
        claims = _claims(self._get_param("WebIdentityToken"), public_key)
        _check_trust(self._get_param("RoleArn"), claims)
        return answer(self)

    responses.TokenResponse.assume_role_with_web_identity = respond


# moto derives the protocol of the answer from the module of the exception: it must be one of moto.sts.
def _denied(code: str, message: str) -> Exception:
    denied: Exception = STSClientError(code, message)
    return denied


def _claims(token: str, public_key: Callable[[str], str | None]) -> dict[str, Any]:
    try:
        issuer = jwt.decode(token, options={"verify_signature": False}).get("iss", "")
        pem, audiences = public_key(issuer), _audiences(issuer)
        if pem is None or audiences is None:
            raise _denied(
                "InvalidIdentityToken", f"No OpenIDConnect provider found in your account for {issuer}"
            )
        claims: dict[str, Any] = jwt.decode(token, pem, algorithms=["RS256"], options={"verify_aud": False})
    except jwt.PyJWTError as error:
        raise _denied("InvalidIdentityToken", f"Couldn't verify the token: {error}") from error
    if not set(_values(claims.get("aud", []))) & set(audiences):
        raise _denied("InvalidIdentityToken", "Incorrect token audience")
    return claims


def _audiences(issuer: str) -> list[str] | None:
    """The client ids of the account's provider for that issuer; None where there is no such provider."""
    for provider in list(backend("iam", "").open_id_providers.values()):
        if provider.url == issuer.removeprefix("https://"):
            return list(provider.client_id_list)
    return None


def _check_trust(role_arn: str, claims: dict[str, Any]) -> None:
    try:
        role = backend("iam", "").get_role_by_arn(role_arn)
    except Exception:
        role = None
    document = json.loads(role.assume_role_policy_document) if role else {"Statement": []}
    issuer = str(claims["iss"]).removeprefix("https://")
    facts = {f"{issuer}:{key}": _values(value) for key, value in claims.items()}
    for statement in document["Statement"]:
        principal = statement.get("Principal", {}).get("Federated", "")
        if f"arn:aws:iam::{ACCOUNT}:oidc-provider/{issuer}" in _values(principal) and _condition_holds(
            statement.get("Condition", {}), facts
        ):
            return
    raise _denied("AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity")


def _values(value: Any) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else [str(value)]


def _condition_holds(condition: dict[str, dict[str, Any]], facts: dict[str, list[str]]) -> bool:
    for operator, clauses in condition.items():
        for key, allowed in clauses.items():
            seen = facts.get(key, [])
            if operator == "StringEquals" and not set(seen) & set(_values(allowed)):
                return False
            if operator == "StringLike" and not any(
                fnmatch.fnmatchcase(s, a) for s in seen for a in _values(allowed)
            ):
                return False
            if operator not in ("StringEquals", "StringLike"):
                return False
    return True
