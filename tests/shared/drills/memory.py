"""How much memory a world takes: what its processes share is counted once. Reads /proc and nothing else."""

from __future__ import annotations

import os
from pathlib import Path


def megabytes(first: int) -> int:
    """Of every process in the world whose first process that is."""
    world = _namespace(first)
    pids = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    return sum(_share(pid) for pid in pids if world and _namespace(pid) == world) // 1024


def _namespace(pid: int) -> str:
    try:
        return os.readlink(f"/proc/{pid}/ns/pid")
    except OSError:
        return ""


def _share(pid: int) -> int:
    """Kilobytes; 0 of one that has just gone."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)
