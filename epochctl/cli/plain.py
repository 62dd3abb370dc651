"""Events as timestamped lines, where there is no terminal. Never silent for more than ten seconds.

Knows nothing of steps beyond their events.
"""

from __future__ import annotations

import sys
import threading
import time
from datetime import datetime
from typing import TextIO

from epochctl.cli.wording import duration, line
from epochctl.workflow import events

HEARTBEAT = 9.0
ENDS = (events.StepFinished, events.StepFailed, events.StepSkipped, events.StepPlanned)


class PlainLines:
    """A subscriber; a thread of its own says which steps still work when nothing else has been said."""

    def __init__(self, stream: TextIO | None = None, heartbeat: float = HEARTBEAT) -> None:
        self._stream = stream or sys.stderr
        self._heartbeat = heartbeat
        self._lock = threading.Lock()
        self._since: dict[str, float] = {}
        self._last: dict[str, str] = {}
        self._spoken = time.monotonic()
        self._closed = threading.Event()
        threading.Thread(target=self._beat, daemon=True).start()

    def __call__(self, event: events.Event) -> None:
        with self._lock:
            self._follow(event)
            text = line(event)
            if text and not self._repeats(event):
                self._say(event.step, text)

    def result(self, fields: dict[str, object], lines: tuple[str, ...] = ()) -> None:
        """The last words, on stdout."""
        print("\n".join(lines), flush=True)

    def close(self) -> None:
        """No more heartbeats."""
        self._closed.set()

    def _follow(self, event: events.Event) -> None:
        if isinstance(event, events.RunStarted):
            self._since.clear()  # steps of the run before, which only looked, have no end of their own
        elif isinstance(event, events.StepStarted):
            self._since.setdefault(event.step, time.monotonic())
        elif isinstance(event, ENDS):
            self._since.pop(event.step, None)

    def _repeats(self, event: events.Event) -> bool:
        """A wait is told when its cause changes; in between the heartbeat tells it."""
        key = f"{event.what}: {event.cause}" if isinstance(event, events.StepWaiting) else line(event)
        if isinstance(event, events.StepWaiting) and self._last.get(event.step) == key:
            return True
        self._last[event.step] = key
        return False

    def _say(self, step: str, text: str) -> None:
        self._spoken = time.monotonic()
        print(f"{datetime.now():%H:%M:%S} {step:<13} {text}", file=self._stream, flush=True)

    def _beat(self) -> None:
        while not self._closed.wait(min(1.0, self._heartbeat / 4)):
            with self._lock:
                if self._since and time.monotonic() - self._spoken >= self._heartbeat:
                    step, since = min(self._since.items(), key=lambda item: item[1])
                    waited = duration(time.monotonic() - since)
                    last = self._last.get(step, "")
                    short = last.partition("\n")[0][:60]
                    self._say(step, f"still at it after {waited}" + (f" ({short})" if short else ""))
