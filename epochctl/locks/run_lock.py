"""One run at a time for (name, environment, region): a file here, an object in the state's bucket.

Before the bucket exists there is only the file; the object follows as soon as it can. A holder of this
machine that is gone is noticed and replaced; nobody else's lock is ever touched. Knows no terminal, no AWS.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from epochctl.errors import EpochctlError, LockedError
from epochctl.locks.holder import Holder, read
from epochctl.locks.local_lock import LocalLock

REFRESH = 30.0  # seconds between signs of life
SOON = 3.0  # while there is no bucket yet


class Written(Protocol):
    """What stands in the shared lock, and the mark of that."""

    @property
    def text(self) -> str: ...
    @property
    def etag(self) -> str: ...


class Shared(Protocol):
    """The lock that everybody sees. create and replace give its new mark, or "taken" or "no bucket"."""

    def read(self) -> Written | None: ...
    def create(self, text: str) -> str: ...
    def replace(self, text: str, etag: str) -> str: ...
    def delete(self, etag: str) -> bool: ...


class RunLock:
    """Taken, kept alive by a thread, released. say: one line; lost: called when somebody took it away."""

    def __init__(
        self,
        holder: Holder,
        local: LocalLock,
        shared: Shared,
        *,
        say: Callable[[str], None],
        lost: Callable[[], None],
        refresh: float = REFRESH,
    ) -> None:
        self._holder, self._local, self._shared = holder, local, shared
        self._say, self._lost, self._refresh = say, lost, refresh
        self._etag = ""
        self._done = threading.Event()
        self._keeper = threading.Thread(target=self._keep, name="lock", daemon=True)
        self.thief: Holder | None = None

    def take(self) -> Holder | None:
        """None when it is ours now, else who has it."""
        if not self._local.take(self._holder):
            there = self._local.holder() or replace(self._holder, run="?", command="...", pid=0)
            return replace(there, heard=time.time())  # the kernel says that it lives
        try:
            other = self._share()
        except BaseException:
            self._local.restore()
            raise
        if other is not None:
            self._local.restore()
            return other
        self._tell_of_the_dead()
        self._keeper.start()
        return None

    def release(self, ended: str) -> None:
        """Let go. Where the bucket cannot be asked any more, the next run on this machine sees to it."""
        self._done.set()
        self._keeper.join(60)
        try:
            if self._etag:
                self._shared.delete(self._etag)
        except EpochctlError as error:
            self._say(f"the lock could not be released ({error.what}); the next run here takes it over")
        finally:
            self._local.release(self._holder, ended)

    def _share(self) -> Holder | None:
        answer = self._shared.create(self._holder.text())
        if answer not in {"taken", "no bucket"}:
            self._etag = answer
        return self._contest() if answer == "taken" else None

    def _contest(self) -> Holder | None:
        """Somebody's lock is there: ours where its holder is gone for certain."""
        found = self._shared.read()
        if found is None:  # released in this very moment
            return self._share()
        other = read(found.text)
        if other is None:
            return replace(self._holder, run="?", command="(not an epochctl that this one knows)", pid=0)
        if other.run == self._holder.run:  # an answer that was lost on its way
            self._etag = found.etag
            return None
        if not (other.gone or self._was_here(other)):
            return other
        answer = self._shared.replace(self._holder.text(), found.etag)
        if answer in {"taken", "no bucket"}:
            return self._share()
        self._etag = answer
        if not self._was_here(other):
            self._say(f"run {other.run} was killed ({other.line}): going on in its place")
        elif self._local.before and self._local.before.ended:
            self._say(f"run {other.run} ended without being able to release its lock: taking it over")
        return None

    def _was_here(self, other: Holder) -> bool:
        """The last run in this working directory, whose file is ours now: it is no more."""
        return self._local.before is not None and self._local.before.run == other.run

    def _tell_of_the_dead(self) -> None:
        before = self._local.before
        if before is not None and not before.ended:
            self._say(f"run {before.run} was killed ({before.line}): going on in its place")

    def _keep(self) -> None:
        while not self._done.wait(self._refresh if self._etag else min(SOON, self._refresh)):
            try:
                self._beat()
            except EpochctlError:
                continue  # credentials or the network are gone: the steps say so, with the cause

    def _beat(self) -> None:
        text = replace(self._holder, heard=time.time()).text()
        answer = self._shared.replace(text, self._etag) if self._etag else self._shared.create(text)
        if answer == "no bucket":
            self._etag = ""
        elif answer != "taken":
            self._etag = answer
        else:
            self._recover()

    def _recover(self) -> None:
        """Not what we wrote last. Ours all the same where an answer was lost on its way."""
        found = self._shared.read()
        other = read(found.text) if found else None
        if found and other and other.run == self._holder.run:
            self._etag = found.etag
            return
        self.thief = other or replace(self._holder, run="?", command="unlock", pid=0)
        self._etag = ""
        self._done.set()
        self._lost()


def lock_error(place: str, other: Holder, *, command: str, waited: str = "") -> LockedError:
    """Who, what, since when, and how to go on."""
    return LockedError(
        f"another run is at work on {place}" + (f", still after {waited}" if waited else ""),
        why=other.described(time.time()),
        fix=f"wait for it: epochctl {command} --wait\nif it is certainly dead: epochctl unlock",
    )
