"""The shared libraries that programs need, and the loader that finds them, as the host's own loader says.

Knows nothing of Python or of images.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from epochctl.errors import ImageError
from epochctl.tools import process

_FOUND = re.compile(r"^\s+(\S+) => (/\S+) \(0x")
_MISSING = re.compile(r"^\s+(\S+) => not found")
_LOADER = re.compile(r"^\s+(/\S+) \(0x")


@dataclass(frozen=True)
class Libraries:
    """loader: its path, which is written into every program; shared.

    (name asked for, path on this machine), sorted.
    """

    loader: str
    shared: tuple[tuple[str, Path], ...]


def find_libraries(programs: Iterable[Path]) -> Libraries:
    """What `programs` need, all the way down."""
    ldd = process.find("ldd", fix="install the C library's tools (Debian: libc-bin)")
    ended = process.run([ldd, *map(str, programs)], env={"LC_ALL": "C"}, timeout=60)
    if ended.code != 0:
        raise ImageError("the server's shared libraries cannot be found", why=ended.stderr)
    return parse(ended.stdout)


def parse(listing: str) -> Libraries:
    """Read what ldd printed. Raises ImageError where a library is missing on this machine."""
    shared: dict[str, Path] = {}
    loaders: set[str] = set()
    for line in listing.splitlines():
        if match := _MISSING.match(line):
            raise ImageError(
                "a shared library of the server is missing here",
                why=match[1],
                fix="install the package that has it",
            )
        if match := _FOUND.match(line):
            shared[match[1]] = Path(match[2])
        elif match := _LOADER.match(line):
            loaders.add(match[1])
    if len(loaders) != 1:
        raise ImageError(
            "this interpreter's loader is not clear", why=", ".join(sorted(loaders)) or "ldd named none"
        )
    return Libraries(loaders.pop(), tuple(sorted(shared.items())))
