"""Names of platforms, and which one EC2 instance types are. Knows nothing of images or of AWS's API."""

from __future__ import annotations

import re
from collections.abc import Iterable

from epochctl.errors import ImageError

_ALIASES = {"x86_64": "amd64", "aarch64": "arm64"}
# The letters behind the generation decide: m7g, c6gn, t4g and im4gn are Graviton, g5 is not.
_GRAVITON = re.compile(r"^(a1|[a-z]+\d+[a-z]*g[a-z]*)$")


def normalize(architecture: str) -> str:
    """amd64 or arm64, whatever the source calls it (EC2 says x86_64, Kubernetes and OCI say amd64)."""
    return _ALIASES.get(architecture, architecture)


def architecture_of(instance_type: str) -> str:
    family = instance_type.partition(".")[0]
    return "arm64" if _GRAVITON.match(family) else "amd64"


def platform_of(instance_types: Iterable[str]) -> str:
    """linux/amd64 or linux/arm64. Raises ImageError where the node group mixes both.

    One image cannot run on all of it.
    """
    types = sorted(instance_types)
    found = {architecture_of(name) for name in types}
    if len(found) != 1:
        raise ImageError(
            "the node group mixes processor architectures",
            why=", ".join(f"{name} is {architecture_of(name)}" for name in types),
            fix="name instance types of one architecture in [cluster] instance_types",
        )
    return f"linux/{found.pop()}"
