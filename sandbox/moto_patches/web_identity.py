"""AssumeRoleWithWebIdentity (IRSA, GitHub): checks token, provider, audience and the role's trust policy.

moto checks none of them.
"""

from __future__ import annotations

import fnmatch
import json
from collections.abc import Callable
from typing import Any

import jwt
from moto.sts import responses
from moto.sts.exceptions import STSClientError

from sandbox.moto_patches.backends import ACCOUNT, backend


def install(public_key: Callable[[str], str | None]) -> None:
    """Patch the call. `public_key(issuer)` returns the PEM that the issuer signs with, or None."""
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
