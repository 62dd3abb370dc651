"""What the tests need once from a registry and keep in the user's cache, by name and version."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path


def kept(name: str, version: str, make: Callable[[Path, Path], None]) -> Path:
    """The directory of that name and version. make(fresh, work): fill `fresh`; `work` goes away.

    Whole or absent: made beside its place, then renamed.
    """
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    directory = home / f"epochctl-{name}" / version
    if directory.exists():
        return directory
    directory.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=directory.parent) as work:
        fresh = Path(work) / "fresh"
        fresh.mkdir()
        make(fresh, Path(work))
        if not directory.exists():
            fresh.rename(directory)
    return directory
