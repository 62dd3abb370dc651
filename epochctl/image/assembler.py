"""Makes the server's image from this machine's interpreter, without a daemon."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from epochctl.errors import ImageError
from epochctl.image import rootfs
from epochctl.image.distributions import find_versions
from epochctl.image.entries import Entry
from epochctl.image.layout import Layout, Runtime, write_layout

RUNTIME = Runtime(
    user=f"{rootfs.USER}:{rootfs.USER}",
    entrypoint=rootfs.ENTRYPOINT,
    environment=rootfs.ENVIRONMENT,
    ports=(8080,),
    labels=(
        ("org.opencontainers.image.title", "epoch"),
        ("org.opencontainers.image.licenses", "Apache-2.0 AND PSF-2.0"),
    ),
)


def can_assemble(platform: str) -> bool:
    """Only for the processor that this interpreter runs on: it goes into the image as it is."""
    return platform == f"linux/{rootfs.architecture()}"


def assemble_image(directory: Path, platform: str, sources: rootfs.Sources, inputs: str) -> Layout:
    """The layout at `directory`. Raises ImageError where the platform is not this machine's."""
    if not can_assemble(platform):
        raise ImageError(
            f"an image for {platform} cannot be assembled here",
            why=f"this interpreter is linux/{rootfs.architecture()}, and goes into the image as it is",
            fix="build on such a machine, start a Docker daemon, or choose other [cluster] instance_types",
        )
    return package_entries(directory, platform, rootfs.assemble(sources), inputs)


def package_entries(directory: Path, platform: str, entries: Sequence[Entry], inputs: str) -> Layout:
    """The layout of a root filesystem that somebody made, with the runtime that our description goes with."""
    return write_layout(directory, entries, RUNTIME, platform, inputs)


def content_key(sources: rootfs.Sources, platform: str) -> str:
    """Return a key of what an image would be made from: equal keys mean an equal image.

    Of installed files only name, size and time count; of the server's and this package's, the content.
    """
    own = [path for name, path in sources.modules if name.startswith("/app/server/")]
    own += sorted(Path(__file__).parent.glob("*.py"))
    installed = [sources.interpreter, *(path for _, path in (*sources.extensions, *sources.libraries.shared))]
    facts = [
        platform,
        sys.version,
        find_versions(),
        _hash_all(own),
        _stat_all(installed),
        [name for name, _ in sources.modules],
    ]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


def _hash_all(paths: Iterable[Path]) -> list[str]:
    return [hashlib.sha256(path.read_bytes()).hexdigest() for path in paths]


def _stat_all(paths: Iterable[Path]) -> list[tuple[str, int, int]]:
    return [(str(path), status.st_size, status.st_mtime_ns) for path in paths if (status := path.stat())]
