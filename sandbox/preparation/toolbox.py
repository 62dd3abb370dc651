"""The toolbox: the paths of everything that an instance is made of, and a stamp that marks it complete."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sandbox.preparation.cache import Cache


@dataclass(frozen=True)
class Toolbox:
    """bin: the programs. provider_mirror: terraform's filesystem mirror. charts: a helm repository.

    images: OCI layouts to seed a registry with (`images.seed`). authority: the directory of the CA that they
    trust.
    """

    bin: Path
    terraform: Path
    provider_mirror: Path
    charts: Path
    registry: Path
    authority: Path


def locate(cache: Cache) -> Toolbox:
    """Where the pieces are in a cache, made or not."""
    directory = cache.directory
    return Toolbox(
        bin=cache.bin,
        terraform=cache.bin / "terraform",
        provider_mirror=directory / "provider-mirror",
        charts=directory / "charts",
        registry=directory / "registry",
        authority=cache.root / "authority",
    )


def load(cache: Cache, settings: dict[str, str]) -> Toolbox | None:
    """The toolbox; None where something is missing, has another size, or was made under other settings."""
    toolbox = locate(cache)
    try:
        stamp = json.loads(cache.stamp.read_text())
        if stamp["settings"] != settings or stamp["authority"] != _authority(toolbox):
            return None
        if any(os.stat(cache.directory / path).st_size != size for path, size in stamp["files"].items()):
            return None
        os.utime(cache.stamp)  # in use: see Cache.prune
    except (OSError, ValueError, KeyError):
        return None
    return toolbox


def save(cache: Cache, settings: dict[str, str]) -> Toolbox:
    """Write the stamp; from here on the toolbox is whole."""
    toolbox = locate(cache)
    files = {str(path.relative_to(cache.directory)): path.stat().st_size for path in _files(toolbox)}
    stamp = {"settings": settings, "authority": _authority(toolbox), "files": files}
    written = cache.scratch / "toolbox.json"
    written.write_text(json.dumps(stamp, indent=1))
    os.replace(written, cache.stamp)
    return toolbox


def _authority(toolbox: Toolbox) -> str:
    return hashlib.sha256((toolbox.authority / "ca.crt").read_bytes()).hexdigest()


def _files(toolbox: Toolbox) -> Iterator[Path]:
    yield from toolbox.bin.iterdir()
    for directory in (toolbox.provider_mirror, toolbox.charts, toolbox.registry):
        for inside, _, names in os.walk(directory, followlinks=True):
            yield from (Path(inside) / name for name in names)
