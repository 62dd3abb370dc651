"""The cache of prepared programs and files: a directory for each digest of the pins, a lock and a stamp.

Each file appears under its name in one rename, so that an existing file is complete.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sandbox.errors import SandboxError

UNUSED_DAYS = 14  # what other pins made is kept this long: another checkout may still use it


@dataclass(frozen=True)
class Cache:
    """The cache's root, shared by all versions of the sandbox, and the key of this one."""

    root: Path
    key: str

    @property
    def directory(self) -> Path:
        return self.root / self.key

    @property
    def bin(self) -> Path:
        return self.directory / "bin"

    @property
    def stamp(self) -> Path:
        return self.directory / "toolbox.json"

    @property
    def scratch(self) -> Path:
        """For what is not whole yet; emptied when prepare begins."""
        return self.directory / "scratch"

    @property
    def built(self) -> Path:
        """What `go install` has built so far; it goes on from there after an interruption."""
        return self.directory / "built"

    def has(self, name: str) -> bool:
        """Is this program in the cache itself, not just a link to somewhere else?"""
        path = self.bin / name
        return path.is_file() and not path.is_symlink()

    def store(self, source: Path, name: str) -> None:
        """Move a finished program into bin."""
        source.chmod(0o755)
        os.replace(source, self.bin / name)

    @contextmanager
    def locked(self, report: Callable[[str], None]) -> Iterator[None]:
        """Hold the cache alone. The kernel lets go of the lock when its holder dies, however it dies."""
        _make(self.root)
        with (self.root / "lock").open("a+") as lock:
            _wait_for(lock.fileno(), self.root / "lock", report)
            lock.truncate(0)
            lock.write(str(os.getpid()))
            lock.flush()
            for directory in (self.scratch, self.bin):
                if directory == self.scratch:
                    shutil.rmtree(directory, ignore_errors=True)
                _make(directory)
            yield

    def prune(self) -> None:
        """Remove directories of other pins that were not used for UNUSED_DAYS."""
        oldest = time.time() - UNUSED_DAYS * 86400
        for stamp in self.root.glob("*/toolbox.json"):
            if stamp.parent != self.directory and stamp.stat().st_mtime < oldest:
                shutil.rmtree(stamp.parent, ignore_errors=True)


def _wait_for(lock: int, path: Path, report: Callable[[str], None]) -> None:
    last_report = 0.0
    while True:
        try:
            return fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() - last_report > 5:
                report(
                    f"another prepare is at work (process {path.read_text() or 'unknown'}): waiting for it"
                )
                last_report = time.monotonic()
            time.sleep(0.2)


def _make(directory: Path) -> None:
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SandboxError(
            "the sandbox has no place for its cache",
            why=str(error),
            fix="set EPOCH_SANDBOX_CACHE to a directory that you may write and that has 5 GB free",
        ) from error
