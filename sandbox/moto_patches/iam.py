"""Small patches of moto's IAM: conditions of bucket policies, and ARNs of OIDC providers."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from moto.iam import access_control
from moto.iam.models import IAMBackend


def install() -> None:
    """Patch moto's IAM."""
    _evaluate_secure_transport()
    _drop_port_of_oidc_issuers()


def _evaluate_secure_transport() -> None:
    """Ignore a statement whose condition on aws:SecureTransport does not hold. moto takes it for a denial.

    Every request to the sandbox uses TLS. Other conditions are not evaluated.
    """
    permitted = access_control.IAMPolicyStatement.is_action_permitted

    def is_action_permitted(self: Any, *arguments: Any, **named: Any) -> Any:
        secure = self._statement.get("Condition", {}).get("Bool", {}).get("aws:SecureTransport")
        if str(secure).lower() == "false":
            return access_control.PermissionResult.NEUTRAL
        return permitted(self, *arguments, **named)

    access_control.IAMPolicyStatement.is_action_permitted = is_action_permitted


def _drop_port_of_oidc_issuers() -> None:
    """Leave the port of the issuer out of the provider's ARN. moto keeps it."""
    create = IAMBackend.create_open_id_connect_provider

    def create_open_id_connect_provider(self: Any, url: str, *rest: Any, **named: Any) -> Any:
        parts = urlsplit(url)
        if parts.port == 443:
            url = parts._replace(netloc=parts.hostname or "").geturl()
        return create(self, url, *rest, **named)

    IAMBackend.create_open_id_connect_provider = create_open_id_connect_provider
