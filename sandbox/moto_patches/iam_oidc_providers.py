"""IAM's OIDC providers as on AWS: the port of the issuer is no part of the provider's ARN. moto keeps it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit


def install() -> None:
    """Patch moto's creation of providers."""
    from moto.iam.models import IAMBackend

    create = IAMBackend.create_open_id_connect_provider

    def create_open_id_connect_provider(self: Any, url: str, *rest: Any, **named: Any) -> Any:
        parts = urlsplit(url)
        if parts.port == 443:
            url = parts._replace(netloc=parts.hostname or "").geturl()
        return create(self, url, *rest, **named)

    IAMBackend.create_open_id_connect_provider = create_open_id_connect_provider
