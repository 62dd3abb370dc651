"""One run at a time for (name, environment, region): a file here, an object in the state's bucket.

Before the bucket exists there is only the file; the object follows as soon as it can. A dead holder of this
machine is replaced; a lock of another machine is never touched.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from epochctl.command import Command
from epochctl.errors import EpochctlError, LockedError
from epochctl.locks.holder import Holder, parse_holder
from epochctl.locks.local_lock import LocalLock

REFRESH = 30.0  # seconds between signs of life
SOON = 3.0  # while there is no bucket yet


class StoredText(Protocol):
    """The content of the shared lock and its ETag."""

    @property
    def text(self) -> str: ...
    @property
    def etag(self) -> str: ...


class SharedLock(Protocol):
    """The lock that every machine sees. create and replace return its new ETag, "taken" or "no bucket"."""

    def read(self) -> StoredText | None: ...
    def create(self, text: str) -> str: ...
    def replace(self, text: str, etag: str) -> str: ...
    def delete(self, etag: str) -> bool: ...


class RunLock:
    """A lock that is acquired, refreshed by a thread, and released.

    notify: is called with a line for the user; on_lost: when another run has taken the lock away.
    """

    def __init__(
        self,
        holder: Holder,
        local: LocalLock,
        shared: SharedLock,
        *,
        notify: Callable[[str], None],
        on_lost: Callable[[], None],
        refresh: float = REFRESH,
    ) -> None:
        self._holder, self._local, self._shared = holder, local, shared
        self._notify, self._on_lost, self._interval = notify, on_lost, refresh
        self._etag = ""
        self._done = threading.Event()
        self._refresher = threading.Thread(target=self._refresh_until_done, name="lock", daemon=True)
        self.taken_by: Holder | None = None

    def acquire(self) -> Holder | None:
        """Acquire it; return None, or who has it."""
        if not self._local.acquire(self._holder):
            there = self._local.read_holder() or replace(self._holder, run="?", command="...", pid=0)
            return replace(there, last_seen=time.time())  # the kernel says that it lives
        try:
            other = self._acquire_shared()
        except BaseException:
            self._local.restore()
            raise
        if other is not None:
            self._local.restore()
            return other
        self._report_killed_run()
        self._refresher.start()
        return None

    def release(self, ended: str) -> None:
        """Release it. Where the bucket cannot be reached, the next run on this machine takes it over."""
        self._done.set()
        self._refresher.join(60)
        try:
            if self._etag:
                self._shared.delete(self._etag)
        except EpochctlError as error:
            self._notify(f"the lock could not be released ({error.what}); the next run here takes it over")
        finally:
            self._local.release(self._holder, ended)

    def _acquire_shared(self) -> Holder | None:
        answer = self._shared.create(self._holder.text())
        if answer not in {"taken", "no bucket"}:
            self._etag = answer
        return self._replace_dead_holder() if answer == "taken" else None

    def _replace_dead_holder(self) -> Holder | None:
        """Take over the lock that exists if its holder is certainly dead; return the holder otherwise."""
        found = self._shared.read()
        if found is None:  # released in this very moment
            return self._acquire_shared()
        other = parse_holder(found.text)
        if other is None:
            return replace(self._holder, run="?", command="(not an epochctl that this one knows)", pid=0)
        if other.run == self._holder.run:  # an answer that was lost on its way
            self._etag = found.etag
            return None
        if not (other.is_dead or self._is_previous_run(other)):
            return other
        answer = self._shared.replace(self._holder.text(), found.etag)
        if answer in {"taken", "no bucket"}:
            return self._acquire_shared()
        self._etag = answer
        if not self._is_previous_run(other):
            self._notify(f"run {other.run} was killed ({other.summary}): going on in its place")
        elif self._local.previous and self._local.previous.ended:
            self._notify(f"run {other.run} ended without being able to release its lock: taking it over")
        return None

    def _is_previous_run(self, other: Holder) -> bool:
        """Return whether it is the last run of this working directory, which has ended: its file is free."""
        return self._local.previous is not None and self._local.previous.run == other.run

    def _report_killed_run(self) -> None:
        previous = self._local.previous
        if previous is not None and not previous.ended:
            self._notify(f"run {previous.run} was killed ({previous.summary}): going on in its place")

    def _refresh_until_done(self) -> None:
        while not self._done.wait(self._interval if self._etag else min(SOON, self._interval)):
            try:
                self._refresh_once()
            except EpochctlError:
                continue  # credentials or the network are gone: the steps say so, with the cause

    def _refresh_once(self) -> None:
        text = replace(self._holder, last_seen=time.time()).text()
        answer = self._shared.replace(text, self._etag) if self._etag else self._shared.create(text)
        if answer == "no bucket":
            self._etag = ""
        elif answer != "taken":
            self._etag = answer
        else:
            self._recover()

    def _recover(self) -> None:
        """Not what was written last. Still held where only the answer of a write was lost."""
        found = self._shared.read()
        other = parse_holder(found.text) if found else None
        if found and other and other.run == self._holder.run:
            self._etag = found.etag
            return
        self.taken_by = other or replace(self._holder, run="?", command="unlock", pid=0)
        self._etag = ""
        self._done.set()
        self._on_lost()


def lock_error(subject: str, other: Holder, *, command: str, waited: str = "") -> LockedError:
    """Return the error that names the holder and what to do."""
    return LockedError(
        f"another run is at work on {subject}" + (f", still after {waited}" if waited else ""),
        why=other.describe(time.time()),
        fix=f"wait for it: {Command(*command.split(), '--wait')}\n"
        f"if it is certainly dead: {Command('unlock')}",
    )
