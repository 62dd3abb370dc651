"""Control groups of an instance's containers, under one parent group that is removed with the instance.

An ordinary user without delegation cannot create control groups. Limits are not enforced then.
"""

from __future__ import annotations

import os
import time
import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
TRIES, PAUSE = 20, 0.1  # what still holds a process after two seconds stays


def parent_group(state: Path) -> str:
    """Return the parent group of the instance with this state directory: /epoch-sandbox-<name>-<digest>."""
    return f"/epoch-sandbox-{state.name}-{zlib.crc32(str(state).encode()):08x}"


def are_writable() -> bool:
    """Return whether this is the real root user and the hierarchy is writable: then limits are enforced."""
    memory = ROOT / "memory"
    root = memory if memory.is_dir() else ROOT
    return os.access(root, os.W_OK) and Path("/proc/self/uid_map").read_text().split()[1] == "0"


def remove(state: Path) -> None:
    """Remove the groups of an instance that has ended. Its last processes may still be ending."""
    name = parent_group(state).lstrip("/")
    for _ in range(TRIES):
        trees = [hierarchy / name for hierarchy in _hierarchies() if (hierarchy / name).is_dir()]
        if not trees:
            return
        for directory in (d for tree in trees for d, _, _ in os.walk(tree, topdown=False)):
            with suppress(OSError):
                os.rmdir(directory)
        time.sleep(PAUSE)


def _hierarchies() -> Iterator[Path]:
    """cgroup v2's one hierarchy, or v1's: one a controller."""
    yield ROOT
    if ROOT.is_dir():
        yield from (entry for entry in ROOT.iterdir() if entry.is_dir() and not entry.is_symlink())
