"""This terminal (or pipe) joined with a command that runs elsewhere: bytes both ways, its size, raw keys."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import termios
import threading
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any, Protocol

STDERR = 2


class Remote(Protocol):
    """What runs elsewhere."""

    def output(self) -> Iterator[tuple[int, bytes]]: ...
    def write(self, data: bytes) -> None: ...
    def close_input(self) -> None: ...
    def resize(self, columns: int, rows: int) -> None: ...


def is_terminal() -> bool:
    """Return whether stdin and stdout are a terminal."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def join(remote: Remote, *, is_tty: bool) -> None:
    """Until it has ended. With a tty every key goes there, Ctrl-C too."""
    threading.Thread(target=_feed, args=(remote,), daemon=True).start()
    with _raw(lambda: remote.resize(*shutil.get_terminal_size())) if is_tty else nullcontext():
        for channel, data in remote.output():
            stream = sys.stderr.buffer if channel == STDERR else sys.stdout.buffer
            stream.write(data)
            stream.flush()


def _feed(remote: Remote) -> None:
    while data := os.read(sys.stdin.fileno(), 4096):
        remote.write(data)
    remote.close_input()


@contextmanager
def _raw(resized: Callable[[], None]) -> Iterator[None]:
    number = sys.stdin.fileno()
    saved = termios.tcgetattr(number)
    old: Any = signal.signal(signal.SIGWINCH, lambda *_: resized())
    try:
        tty.setraw(number)
        resized()
        yield
    finally:
        signal.signal(signal.SIGWINCH, old)
        termios.tcsetattr(number, termios.TCSADRAIN, saved)
