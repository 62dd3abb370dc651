"""moto's in-process backends, by service and region, and the accounts of the sandbox."""

from __future__ import annotations

import threading
from typing import Any

from moto.backends import get_backend

ACCOUNT = "123456789012"

FOREIGN_ACCOUNT = "210987654321"  # its zones are those of another DNS provider

MOTO_LOCK = threading.RLock()
"""Held while the sandbox itself changes the emulated account, so that two threads never do so at once."""


def backend(service: str, region: str) -> Any:
    """moto's backend of a service; region "" for the global ones (iam, route53, s3)."""
    backends = get_backend(service)
    return backends[ACCOUNT][region or "aws"]


def backends_by_region(service: str) -> list[tuple[str, Any]]:
    """(region, backend) of each region in which the service has been used."""
    return list(get_backend(service)[ACCOUNT].items())


def foreign_route53() -> Any:
    """moto's Route 53 of the account whose zones are another DNS provider's."""
    return get_backend("route53")[FOREIGN_ACCOUNT]["aws"]
