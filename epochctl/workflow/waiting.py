"""The one way to wait: what for, a probe that names the cause, a deadline, a clock."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from epochctl.errors import DeadlineError, Interrupted

T = TypeVar("T")


class Clock(Protocol):
    """Time and sleep, replaceable in tests. `sleep` returns early when the run is being stopped."""

    def now(self) -> float: ...
    def sleep(self, seconds: float) -> None: ...


class SystemClock:
    """Monotonic seconds; its sleep ends at once when `stop` is set, by raising Interrupted."""

    def __init__(self, stop: threading.Event | None = None) -> None:
        self._stop = stop or threading.Event()

    def now(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        if self._stop.wait(seconds):
            raise Interrupted("stopped while waiting", fix="run the same command again to continue")


@dataclass(frozen=True)
class Ready(Generic[T]):
    """The probe's answer when the wait is over."""

    value: T


@dataclass(frozen=True)
class Pending:
    """The probe's answer while the wait goes on: the cause, in words a person can act on."""

    cause: str


Progress = Callable[[str, str, float, float], None]


def wait_for(
    what: str,
    probe: Callable[[], Ready[T] | Pending],
    *,
    deadline: float,
    clock: Clock,
    progress: Progress,
    fix: str = "",
    first: float = 0.5,
    longest: float = 5.0,
) -> T:
    """Ask `probe` until it is Ready, at intervals from `first` to `longest` seconds, for `deadline` seconds.

    progress(what, cause, waited, deadline) is called for each Pending. DeadlineError carries the last cause.
    A probe ends the wait early by raising an EpochctlError of its own.
    """
    start, interval = clock.now(), first
    while True:
        answer = probe()
        if isinstance(answer, Ready):
            return answer.value
        waited = clock.now() - start
        if waited >= deadline:
            raise DeadlineError(
                f"{what}: not there after {deadline:.0f} s",
                why=answer.cause,
                fix=fix or "run the same command again to go on waiting",
            )
        progress(what, answer.cause, waited, deadline)
        clock.sleep(min(interval, deadline - waited))
        interval = min(interval * 1.5, longest)
