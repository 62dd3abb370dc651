"""That a helm of this machine is at work on a release: a file that stays where it was killed.

helm inherits its lock, and the kernel lets go of it when that helm dies: so the next run knows that nobody
is at work any more, without waiting. Knows no release and runs nothing.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path


@contextmanager
def record(path: Path) -> Iterator[int]:
    """While this lasts the file is there and locked. Gives what whoever works has to inherit."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.unlink(missing_ok=True)  # of one that was killed: it may live on, and keeps a lock of its own
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file
        path.unlink(missing_ok=True)  # not after an error: what was refused may have left a record half done
    finally:
        os.close(file)


def owner_is_dead(path: Path, written: datetime, within: float) -> bool:
    """Whether the helm that wrote a record then was started here, within so many seconds, and is no more."""
    try:
        file = os.open(path, os.O_RDWR)
    except OSError:
        return False
    try:
        if not 0 <= written.timestamp() - os.fstat(file).st_mtime <= within:
            return False  # somebody else's, elsewhere
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    except BlockingIOError:
        return False
    finally:
        os.close(file)
