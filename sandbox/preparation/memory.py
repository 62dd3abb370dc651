"""How much memory a build may use: what the kernel calls available, or the control group's limit.

Knows nothing of what is built.
"""

from __future__ import annotations

import re
from pathlib import Path

ASSUMED = 2 * 2**30  # where nothing can be read
LIMITS = (
    (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory.current")),
    (
        Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
        Path("/sys/fs/cgroup/memory/memory.usage_in_bytes"),
    ),
)


def available_memory(
    meminfo: Path = Path("/proc/meminfo"), limits: tuple[tuple[Path, Path], ...] = LIMITS
) -> int:
    """Bytes."""
    said = re.search(r"^MemAvailable:\s+(\d+) kB", _text(meminfo), re.M)
    free = int(said.group(1)) * 1024 if said else ASSUMED
    for limit, usage in limits:
        most, used = _text(limit).strip(), _text(usage).strip()
        if most.isdigit() and used.isdigit():
            free = min(free, max(int(most) - int(used), 0))
    return free


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""
