"""The progress of the preparation: a line when a task begins and ends, and a line after each long silence."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

SILENCE = 5.0  # seconds without a line before one is due


class Task:
    """Something under way. `note` is what it is doing just now, or gives that when asked."""

    def __init__(self, name: str, clock: Callable[[], float]) -> None:
        self.name = name
        self.note: str | Callable[[], str] = ""
        self._clock = clock
        self._began = clock()

    @property
    def seconds(self) -> float:
        return self._clock() - self._began

    def line(self, state: str = "") -> str:
        note = self.note if isinstance(self.note, str) else self.note()
        return f"{self.name}: {state}{self.seconds:.0f} s" + (f", {note}" if note else "")


class Progress:
    """Says lines, from any thread; and, every SILENCE seconds, what the tasks under way are doing."""

    def __init__(self, report: Callable[[str], None], clock: Callable[[], float] = time.monotonic) -> None:
        self._report = report
        self._clock = clock
        self._lock = threading.Lock()
        self._tasks: list[Task] = []
        self._last = clock()

    def report(self, line: str) -> None:
        with self._lock:
            self._last = self._clock()
            self._report(line)

    @contextmanager
    def task(self, name: str) -> Iterator[Task]:
        """Announce a task, and its end with the time it took; a failing one ends without a word."""
        task = Task(name, self._clock)
        self.report(name)
        self._tasks.append(task)
        try:
            yield task
        finally:
            self._tasks.remove(task)
        self.report(task.line("done in "))

    def beat(self) -> None:
        """Say how far the tasks are, if a line is due."""
        if self._clock() - self._last >= SILENCE:
            tasks = list(self._tasks)
            for task in tasks[1:] or tasks:  # the first is the whole, the others its parts
                self.report(task.line())

    @contextmanager
    def alive(self) -> Iterator[None]:
        """Beat from a thread for as long as the block runs."""
        stop = threading.Event()

        def watch() -> None:
            while not stop.wait(1.0):
                self.beat()

        thread = threading.Thread(target=watch, name="progress", daemon=True)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()


def size_of(path: Path) -> int:
    """Bytes of a file or of the files below a directory; links are not followed."""
    if path.is_file() and not path.is_symlink():
        return path.stat().st_size
    return sum(each.lstat().st_size for each in path.rglob("*") if each.is_file() and not each.is_symlink())


def readable(size: int) -> str:
    """123456789 -> 123 MB."""
    for limit, unit in ((10**9, "GB"), (10**6, "MB"), (10**3, "kB")):
        if size >= limit:
            return f"{size / limit:.1f} {unit}" if size < 10 * limit else f"{size / limit:.0f} {unit}"
    return f"{size} bytes"
