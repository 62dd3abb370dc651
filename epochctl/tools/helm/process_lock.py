"""A lock file that shows whether a helm of this machine is still at work on a release.

helm inherits the lock, and the kernel releases it when that helm dies. The file stays if epochctl is killed:
so the next run knows without waiting that no helm is at work any more.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path


@contextmanager
def hold(path: Path) -> Iterator[int]:
    """Create and lock the file for the time of the block. Yield its descriptor, for helm to inherit."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.unlink(missing_ok=True)  # a killed run's: its helm may live on, and keeps that lock
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file
        path.unlink(missing_ok=True)  # not after an error: what was refused may have left a record half done
    finally:
        os.close(file)


def owner_is_dead(path: Path, written: datetime, within: float) -> bool:
    """Return whether a helm started here wrote that record, within so many seconds, and is dead."""
    try:
        file = os.open(path, os.O_RDWR)
    except OSError:
        return False
    try:
        if not 0 <= written.timestamp() - os.fstat(file).st_mtime <= within:
            return False  # written by another machine's helm
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    except BlockingIOError:
        return False
    finally:
        os.close(file)
