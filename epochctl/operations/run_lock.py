"""The lock around a run that changes something: taken, waited for with `--wait`, described, released.

Knows no command's meaning; what a lock is made of is epochctl.locks'.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from epochctl.operations.run import Run

if TYPE_CHECKING:
    from epochctl.aws.lock_object import LockObject
    from epochctl.locks import Holder, LocalLock, RunLock
    from epochctl.workflow.events import Emit, Event

STEP = "lock"  # under this name a run's events tell of it


@dataclass(frozen=True)
class Held:
    """A lock that is ours."""

    session: Run
    lock: RunLock

    def release(self, ended: str) -> None:
        """Let go of it. Raises LockedError where somebody had taken it away."""
        self.lock.release(ended)
        if self.lock.taken_by is not None:
            raise _stolen(self.lock.taken_by)


@contextmanager
def locked(session: Run, command: str, wait: str | None = None) -> Iterator[None]:
    """While this lasts nobody else changes this region. See hold."""
    held, ended = hold(session, command, wait), "failed"
    try:
        yield
        ended = "ok"
    finally:
        held.release(ended)


def hold(session: Run, command: str, wait: str | None = None) -> Held:
    """Take the lock. command: as it would be typed again.

    wait: how long to wait for a run that is at work, as typed; None: not at all.
    """
    from epochctl.durations import parse_duration

    seconds = (parse_duration(wait) or 0.0) if wait else 0.0
    lock = _lock(session, command)
    _take(session, lock, command, seconds)
    return Held(session, lock)


def local(session: Run) -> LocalLock:
    """The lock on this machine; what stands in it is the last run here."""
    from epochctl.locks import LocalLock

    return LocalLock(session.files / "run.lock")


def shared(session: Run) -> LockObject:
    """The lock that everybody sees."""
    from epochctl.aws.lock_object import LockObject
    from epochctl.aws.state_bucket import StateBucket

    account = session.aws.account_id()
    bucket = StateBucket(session.aws).name(account)
    return LockObject(session.aws, account=account, bucket=bucket, key=key(session))


def key(session: Run) -> str:
    """The shared lock's place in the bucket."""
    from epochctl.aws.state_bucket import RUN_LOCK

    return f"{session.settings.state_folder(session.region)}/{RUN_LOCK}"


def _lock(session: Run, command: str) -> RunLock:
    from epochctl.config.sources import run_url
    from epochctl.locks import RunLock, current_holder
    from epochctl.tools.process import Stop
    from epochctl.workflow.events import StepProgress

    emit = session.emit()

    def say(message: str) -> None:
        emit(StepProgress(STEP, message))

    def lost() -> None:
        say("somebody else has taken the lock of this run: stopping in order")
        Stop.event.set()

    holder = current_holder(session.run, command, run_url())
    return RunLock(holder, local(session), shared(session), notify=say, on_lost=lost)


def _take(session: Run, lock: RunLock, command: str, seconds: float) -> None:
    """Take it, now or within `seconds`. Raises LockedError describing who has it."""
    from epochctl.durations import format_duration
    from epochctl.errors import DeadlineError
    from epochctl.locks import lock_error
    from epochctl.tools.process import Stop
    from epochctl.workflow.outputs import Outputs
    from epochctl.workflow.step import Context
    from epochctl.workflow.waiting import Pending, Ready, SystemClock

    start = time.monotonic()
    met: list[Holder] = []
    spoken = Spoken()

    def probe() -> Ready[None] | Pending:
        other = lock.acquire()
        if other is None:
            return Ready(None)
        met.append(other)
        left = seconds - (time.monotonic() - start)
        told = f"{other.summary}, since {format_duration(time.time() - other.since)}; {_left(left)}"
        return Pending(spoken.line(told, other.run, left))

    place = session.settings.full_name + " in " + session.region
    ctx = Context(STEP, Outputs(), _once(session.emit()), SystemClock(Stop.event))
    try:
        ctx.wait_for(f"the lock on {place}", probe, deadline=seconds)
    except DeadlineError as error:
        waited = format_duration(seconds) if seconds else ""
        raise lock_error(place, met[-1], command=command, waited=waited) from error


@dataclass
class Spoken:
    """What was said last: another line a minute, seldom where hours are left, often where seconds are."""

    text: str = ""
    run: str = ""
    left: float = 0.0

    def line(self, text: str, run: str, left: float) -> str:
        pause = 600 if left > 3600 else 60 if left > 60 else 10
        if run != self.run or self.left - left >= pause:
            self.text, self.run, self.left = text, run, left
        return self.text


def _once(emit: Emit) -> Emit:
    """Without repetitions: a lock is asked for every few seconds, and that is nobody's news."""
    last = ""

    def speak(event: Event) -> None:
        nonlocal last
        cause = str(getattr(event, "cause", ""))
        if not cause or cause != last:
            emit(event)
        last = cause

    return speak


def _left(seconds: float) -> str:
    """In steps that a person follows: a line of output each would be too many."""
    from epochctl.durations import format_duration

    size = 60 if seconds > 150 else 10
    return f"{format_duration(round(max(0.0, seconds) / size) * size)} left to wait"


def _stolen(thief: Holder) -> Exception:
    from epochctl.errors import LockedError

    return LockedError(
        "the lock of this run was taken away while it was at work",
        why=f"somebody ran `epochctl unlock`; now it is with:\n{thief.describe(time.time())}",
        fix="see who that is, then run the same command again",
    )
