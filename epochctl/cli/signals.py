"""Ctrl-C, SIGTERM and a terminal that hangs up become a stop in order.

While a run is under way a signal sets the stop event, and steps and programs end in order; otherwise it
raises Interrupted.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from epochctl.errors import Interrupted


class _State:
    stop: threading.Event | None = None  # the run under way
    asked = 0


def _received(number: int, frame: Any) -> None:
    if _State.stop is None:
        raise Interrupted("stopped")
    _State.stop.set()
    if number == signal.SIGHUP:
        return  # from the shell and from the kernel: how many come says nothing of anybody's patience
    _State.asked += 1
    if _State.asked == 1:
        _say("stopping in order; a second Ctrl-C changes nothing, a third one ends at once")
    if _State.asked >= 3:
        os._exit(Interrupted.exit_code)


def _say(text: str) -> None:
    with suppress(OSError, ValueError):  # the terminal may be what has gone
        os.write(sys.stderr.fileno(), f"\n{text}\n".encode())  # a handler must not touch buffered streams


@contextmanager
def handled() -> Iterator[None]:
    """From here on signals are ours; the old handlers come back at the end."""
    wanted = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # as nohup leaves it
        wanted.append(signal.SIGHUP)
    old = {number: signal.signal(number, _received) for number in wanted}
    try:
        yield
    finally:
        for number, handler in old.items():
            signal.signal(number, handler)


@contextmanager
def stopping(stop: threading.Event) -> Iterator[None]:
    """While a run is under way: a signal sets `stop`."""
    _State.stop, _State.asked = stop, 0
    try:
        yield
    finally:
        _State.stop = None


@contextmanager
def asking() -> Iterator[None]:
    """While a person is asked a question inside a run: Ctrl-C is an answer."""
    stop, _State.stop = _State.stop, None
    try:
        yield
    finally:
        _State.stop = stop
