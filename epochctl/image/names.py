"""Names: of platforms, of the platform of EC2 instance types, and references of images."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

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


@dataclass(frozen=True)
class Reference:
    """A parsed reference. name: what a container runtime is told; tag is "" beside a digest alone."""

    name: str
    host: str
    repository: str
    tag: str
    digest: str


def parse_reference(text: str) -> Reference:
    """With Docker's defaults: its own hub, `library/` for a name of one part, `latest`."""
    rest, _, digest = text.partition("@")
    head, colon, tag = rest.rpartition(":")
    name, tag = (head, tag) if colon and "/" not in tag else (rest, "")
    first, slash, repository = name.partition("/")
    if not (slash and ("." in first or ":" in first or first == "localhost")):
        first, repository = "registry-1.docker.io", name if slash else f"library/{name}"
    host = "registry-1.docker.io" if first == "docker.io" else first
    return Reference(name, host, repository, tag or ("" if digest else "latest"), digest)
