"""The lock of a run that changes something: taken, waited for with `--wait`, released."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from epochctl.command import Command
from epochctl.config.sources import run_url
from epochctl.durations import format_duration, parse_duration
from epochctl.errors import DeadlineError, LockedError
from epochctl.locks import Holder, RunLock, current_holder, lock_error
from epochctl.locks.holder import parse_holder
from epochctl.operations.run import Run
from epochctl.workflow.events import Emit, Event, StepProgress
from epochctl.workflow.outputs import Outputs
from epochctl.workflow.step import Context
from epochctl.workflow.waiting import Pending, Ready

STEP = "lock"  # the name of the lock's events


@dataclass(frozen=True)
class HeldLock:
    """A lock that this run holds."""

    lock: RunLock

    def release(self, ended: str) -> None:
        """Release it. Raises LockedError if another run took it over meanwhile."""
        self.lock.release(ended)
        thief = self.lock.taken_by
        if thief is not None:
            raise LockedError(
                "the lock of this run was taken away while it was at work",
                why=f"somebody ran `{Command('unlock')}`; now it is with:\n{thief.describe(time.time())}",
                fix="see who that is, then run the same command again",
            )


@contextmanager
def locked(run: Run, command: str, wait: str | None = None) -> Iterator[None]:
    """Hold the region's lock. See `hold`."""
    held, ended = hold(run, command, wait), "failed"
    try:
        yield
        ended = "ok"
    finally:
        held.release(ended)


def hold(run: Run, command: str, wait: str | None = None) -> HeldLock:
    """Take the region's lock. Raises LockedError.

    command: as `resume` must type it; wait: how long to wait for another run, as typed; None: not at all.
    """
    lock = _lock(run, command)
    _take(run, lock, command, (parse_duration(wait) or 0.0) if wait else 0.0)
    return HeldLock(lock)


def shared_holder(run: Run) -> Holder | None:
    """Return who holds the lock that every machine sees; None if it is free or not readable."""
    found = run.clients.lock_object(run.settings).read()
    return parse_holder(found.text) if found else None


def _lock(run: Run, command: str) -> RunLock:
    emit = run.emit()

    def say(message: str) -> None:
        emit(StepProgress(STEP, message))

    def lost() -> None:
        say("somebody else has taken the lock of this run: stopping in order")
        run.dependencies.stop.set()

    holder = current_holder(run.id, command, run_url())
    shared = run.clients.lock_object(run.settings)
    return RunLock(holder, run.local_lock, shared, notify=say, on_lost=lost)


def _take(run: Run, lock: RunLock, command: str, seconds: float) -> None:
    """Take the lock within `seconds`. Raises LockedError that describes its holder."""
    start = time.monotonic()
    met: list[Holder] = []
    report = WaitReport()

    def probe() -> Ready[None] | Pending:
        other = lock.acquire()
        if other is None:
            return Ready(None)
        met.append(other)
        left = seconds - (time.monotonic() - start)
        text = f"{other.summary}, since {format_duration(time.time() - other.since)}; {_left(left)}"
        return Pending(report.line(text, other.run, left))

    place = f"{run.settings.full_name} in {run.region}"
    clock = run.dependencies.clock(run.dependencies.stop)
    ctx = Context(STEP, Outputs(), without_repetition(run.emit()), clock)
    try:
        ctx.wait_for(f"the lock on {place}", probe, deadline=seconds)
    except DeadlineError as error:
        waited = format_duration(seconds) if seconds else ""
        raise lock_error(place, met[-1], command=command, waited=waited) from error


@dataclass
class WaitReport:
    """The line shown last while waiting: a new one every 10 min, 60 s or 10 s, by the time that is left."""

    text: str = ""
    run: str = ""
    left: float = 0.0

    def line(self, text: str, run: str, left: float) -> str:
        """Return `text` if it is time for a new line, else the line shown last. left: in seconds."""
        pause = 600 if left > 3600 else 60 if left > 60 else 10
        if run != self.run or self.left - left >= pause:
            self.text, self.run, self.left = text, run, left
        return self.text


def without_repetition(emit: Emit) -> Emit:
    """Return a subscriber that drops a wait event whose cause is the same as before."""
    last = ""

    def filtered(event: Event) -> None:
        nonlocal last
        cause = str(getattr(event, "cause", ""))
        if not cause or cause != last:
            emit(event)
        last = cause

    return filtered


def _left(seconds: float) -> str:
    size = 60 if seconds > 150 else 10
    return f"{format_duration(round(max(0.0, seconds) / size) * size)} left to wait"
