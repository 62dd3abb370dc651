"""What people call an image: [registry/]repository[:tag][@digest]. Knows nothing of what it names."""

from __future__ import annotations

from dataclasses import dataclass


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
