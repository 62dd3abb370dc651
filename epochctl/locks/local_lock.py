"""The lock on this machine: a file that the kernel lets go of when its holder dies, however it dies.

What stands in it outlives the holder, and so tells the next run who was there.
"""

from __future__ import annotations

import fcntl
import os
import time
from dataclasses import replace
from pathlib import Path

from epochctl.locks.holder import Holder, parse_holder

ATTEMPTS, PAUSE = 1000, 0.001  # while a reader has the shared lock for an instant; seconds between them


class LocalLock:
    """`path` while it is held; `previous` is who had it before, once it is acquired."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None
        self.previous: Holder | None = None

    def acquire(self, holder: Holder) -> bool:
        """Lock the file and write the holder into it; return False where a living process has it."""
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        while self._file is None:
            file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
            if not _lock(file):
                os.close(file)
                return False
            if self._is_at(file):
                self._file = file
            else:
                os.close(file)  # `down --delete-state` removed it meanwhile: it excludes nobody any more
        self.previous = self.read_holder()
        self._write(holder)
        return True

    def read_holder(self) -> Holder | None:
        """Return who has it, or had it last; None where no holder is written, or one is being written."""
        try:
            return parse_holder(self._path.read_text())
        except OSError:
            return None

    def is_held(self) -> bool:
        """Return whether another process has it now."""
        try:
            file = os.open(self._path, os.O_RDWR)
        except OSError:
            return False
        try:
            return not _try_flock(file, fcntl.LOCK_SH)  # shared: two readers do not disturb each other
        finally:
            os.close(file)

    def restore(self) -> None:
        """Release it and put back the previous holder: the shared lock could not be acquired."""
        if self.previous is not None:
            self._write(self.previous)
        elif self._file is not None:
            os.ftruncate(self._file, 0)
        self._close()

    def release(self, holder: Holder, ended: str) -> None:
        """Release it; the next run reads how this one ended."""
        self._write(replace(holder, ended=ended))
        self._close()

    def _write(self, holder: Holder) -> None:
        if self._file is not None:
            data = holder.text().encode()
            os.pwrite(self._file, data, 0)
            os.ftruncate(self._file, len(data))

    def _close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _is_at(self, file: int) -> bool:
        try:
            return os.path.samestat(os.fstat(file), self._path.stat())
        except FileNotFoundError:
            return False


def _lock(file: int) -> bool:
    """Take the kernel's exclusive lock. A reader (`is_held`) has the shared lock for an instant: it is no
    holder, since the lock can be shared with it.
    """
    for _ in range(ATTEMPTS):
        if _try_flock(file, fcntl.LOCK_EX):
            return True
        if not _try_flock(file, fcntl.LOCK_SH):
            return False
        fcntl.flock(file, fcntl.LOCK_UN)
        time.sleep(PAUSE)
    return False


def _try_flock(file: int, how: int) -> bool:
    try:
        fcntl.flock(file, how | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
