"""The lock on this machine: a file that the kernel lets go of when its holder dies, however it dies.

What stands in it outlives the holder, and so tells the next run who was there. Knows no bucket.
"""

from __future__ import annotations

import fcntl
import os
import time
from dataclasses import replace
from pathlib import Path

from epochctl.locks.holder import Holder, read

GLANCES, PAUSE = 1000, 0.001  # how often somebody who only looks may be in the way, and seconds between


class LocalLock:
    """`path` while it is held; the run before ours is `before` once it was taken."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None
        self.before: Holder | None = None

    def take(self, holder: Holder) -> bool:
        """Take it, unless a living process has it."""
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        while self._file is None:
            file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
            if not _locked(file):
                os.close(file)
                return False
            if self._is_at(file):
                self._file = file
            else:
                os.close(file)  # `down --delete-state` removed it meanwhile: it excludes nobody any more
        self.before = self.holder()
        self._write(holder)
        return True

    def holder(self) -> Holder | None:
        """Who has it, or had it last; None where nobody did, or is just writing."""
        try:
            return read(self._path.read_text())
        except OSError:
            return None

    def held(self) -> bool:
        """Whether another process has it now."""
        try:
            file = os.open(self._path, os.O_RDWR)
        except OSError:
            return False
        try:
            return not _flocked(file, fcntl.LOCK_SH)  # who looks is in no other looker's way
        finally:
            os.close(file)

    def restore(self) -> None:
        """Let go of it as if it had never been ours: it was not enough."""
        if self.before is not None:
            self._write(self.before)
        elif self._file is not None:
            os.ftruncate(self._file, 0)
        self._close()

    def release(self, holder: Holder, ended: str) -> None:
        """Let go of it; how the run ended is what the next one reads."""
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


def _locked(file: int) -> bool:
    """Take the kernel's lock. Somebody who looks (`held`) shares it for an instant: that is no holder, and
    it is told from one by sharing it, too.
    """
    for _ in range(GLANCES):
        if _flocked(file, fcntl.LOCK_EX):
            return True
        if not _flocked(file, fcntl.LOCK_SH):
            return False
        fcntl.flock(file, fcntl.LOCK_UN)
        time.sleep(PAUSE)
    return False


def _flocked(file: int, how: int) -> bool:
    try:
        fcntl.flock(file, how | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
