"""How epochctl is killed: alone, with everything it started, or asked to stop by a signal.

Knows process ids, and nothing of what the processes do.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

Kill = Callable[[int], None]  # takes the process id of `epoch-sandbox exec`, whose only child is epochctl


def alone(wrapper: int) -> None:
    """epochctl only, as the out-of-memory killer does: terraform or helm goes on without it."""
    for epochctl in children(wrapper):
        _send(epochctl, signal.SIGKILL)


def everything(wrapper: int) -> None:
    """epochctl and all it started, as at a power cut. It is stopped first, so it sees nobody die."""
    for epochctl in children(wrapper):
        _send(epochctl, signal.SIGSTOP)
        for process in (epochctl, *tuple(descendants(epochctl))):
            _send(process, signal.SIGKILL)


def signals(*numbers: signal.Signals) -> Kill:
    """To the whole process group, as a terminal does; half a second apart."""

    def kill(wrapper: int) -> None:
        for number in numbers:
            with suppress(ProcessLookupError):
                os.killpg(wrapper, number)
            time.sleep(0.5)

    return kill


KILLS: Mapping[str, Kill] = {
    "epochctl": alone,
    "everything": everything,
    "SIGINT": signals(signal.SIGINT),
    "SIGINT twice": signals(signal.SIGINT, signal.SIGINT),
    "SIGTERM": signals(signal.SIGTERM),
    "SIGHUP": signals(signal.SIGHUP),
}
CRASHES = ("epochctl", "everything")


def children(process: int) -> tuple[int, ...]:
    """Of all its threads."""
    found: list[int] = []
    for task in Path(f"/proc/{process}/task").glob("*/children"):
        with suppress(OSError):
            found += [int(word) for word in task.read_text().split()]
    return tuple(found)


def descendants(process: int) -> Iterator[int]:
    """Children, their children, and so on."""
    for child in children(process):
        yield child
        yield from descendants(child)


def _send(process: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(process, number)
