"""GitHub's OIDC issuer: tokens of workflow runs, for any claims that are asked for."""

from __future__ import annotations

import time
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

ISSUER = "https://token.actions.githubusercontent.com"
LIFETIME = 300  # seconds, as GitHub's


class GithubIssuer:
    """Signs with a key of its own, created with the instance."""

    def __init__(self) -> None:
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def token(self, claims: dict[str, Any]) -> str:
        """That a run is what `claims` say."""
        now = int(time.time())
        payload = {**claims, "iss": ISSUER, "iat": now, "nbf": now - 5, "exp": now + LIFETIME}
        return jwt.encode(payload, self._key, algorithm="RS256")

    def public_key(self, issuer: str) -> str | None:
        """The PEM that checks its tokens; None for another issuer."""
        if issuer != ISSUER:
            return None
        return self._key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
