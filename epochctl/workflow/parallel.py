"""Calls that run in parallel within one deadline. A call that hangs is reported and never waited for."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import Generic, TypeVar

T = TypeVar("T")


class ResultTimeout(Exception):
    """A call had no result when the deadline had passed."""


class ParallelCalls(Generic[T]):
    """Run named calls in threads, with one deadline for all of them.

    timeout: seconds from now. The threads are daemons, so a call that hangs does not keep the process alive
    (the threads of concurrent.futures.ThreadPoolExecutor would).
    """

    def __init__(self, timeout: float) -> None:
        self._deadline = time.monotonic() + timeout
        self._futures: dict[str, Future[T]] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of the calls, in the order of their start."""
        return tuple(self._futures)

    def start(self, name: str, call: Callable[[], T]) -> None:
        """Start the call in a thread of its own."""
        future = self._futures[name] = Future[T]()
        threading.Thread(target=_run, args=(future, call), name=f"call-{name}", daemon=True).start()

    def result(self, name: str) -> T:
        """Wait for one call and return its result. Raises what the call raised, or ResultTimeout."""
        future = self._futures[name]
        # Not Future.result(timeout): its TimeoutError may as well be one that the call raised.
        if not wait([future], max(0.0, self._deadline - time.monotonic())).done:
            raise ResultTimeout(name)
        return future.result()


def call_within(timeout: float, call: Callable[[], T]) -> T:
    """Return the result of the call, which runs in a thread for at most `timeout` seconds.

    Raises what the call raised, or ResultTimeout.
    """
    calls = ParallelCalls[T](timeout)
    calls.start("", call)
    return calls.result("")


def _run(future: Future[T], call: Callable[[], T]) -> None:
    try:
        future.set_result(call())
    except Exception as error:
        future.set_exception(error)
