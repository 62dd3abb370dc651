"""What an image would be made from, as one key.

Two equal keys mean that making it again would change nothing. Looks at names, versions, sizes and times of
what is installed, and at the content of what we write ourselves; makes nothing.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterable
from pathlib import Path

import epochctl.image
from epochctl.image.distributions import find_versions
from epochctl.image.rootfs import Sources


def content_key(sources: Sources, platform: str) -> str:
    ours = [path for name, path in sources.modules if name.startswith("/app/server/")]
    ours += sorted(Path(epochctl.image.__file__).parent.glob("*.py"))
    installed = [sources.interpreter, *(path for _, path in (*sources.extensions, *sources.libraries.shared))]
    facts = [
        platform,
        sys.version,
        find_versions(),
        _read_all(ours),
        _stat_all(installed),
        [name for name, _ in sources.modules],
    ]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


def _read_all(paths: Iterable[Path]) -> list[str]:
    return [hashlib.sha256(path.read_bytes()).hexdigest() for path in paths]


def _stat_all(paths: Iterable[Path]) -> list[tuple[str, int, int]]:
    return [(str(path), status.st_size, status.st_mtime_ns) for path in paths if (status := path.stat())]
