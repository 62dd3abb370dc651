"""Events as timestamped lines, where there is no terminal. Never silent for more than ten seconds.

Where several regions are at work each line says of which it tells.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from datetime import datetime
from typing import TextIO

from epochctl.cli.output.event_text import line, remedy
from epochctl.durations import format_duration
from epochctl.workflow import events

HEARTBEAT = 9.0
Place = tuple[str, str]  # region and step
ENDS = (events.StepFinished, events.StepFailed, events.StepSkipped, events.StepPlanned, events.StepSeen)


class PlainLines:
    """A subscriber; a thread of its own says which steps still work when nothing else has been said."""

    def __init__(
        self,
        stream: TextIO | None = None,
        heartbeat: float = HEARTBEAT,
        now: Callable[[], datetime] = datetime.now,
    ) -> None:
        self._stream, self._now = stream or sys.stderr, now
        self._heartbeat = heartbeat
        self._lock = threading.Lock()
        self._since: dict[Place, float] = {}
        self._last: dict[Place, str] = {}
        self._spoken = time.monotonic()
        self._closed = threading.Event()
        threading.Thread(target=self._beat, daemon=True).start()

    def __call__(self, event: events.Event) -> None:
        with self._lock:
            self._follow(event)
            text = line(event)
            if text and not self._repeats(event):
                self._say(_place(event), text)
            if isinstance(event, events.StepFailed) and self._since:
                for more in remedy(event):
                    self._say(_place(event), f"  {more}")

    def result(self, fields: dict[str, object], lines: tuple[str, ...] = ()) -> None:
        """The last words, on stdout."""
        print("\n".join(lines), flush=True)

    def close(self) -> None:
        """No more heartbeats."""
        self._closed.set()

    def _follow(self, event: events.Event) -> None:
        if isinstance(event, events.RunStarted):
            # steps of the run before, which only looked, have no end of their own
            self._since = {place: at for place, at in self._since.items() if place[0] != event.region}
        elif isinstance(event, events.StepStarted):
            self._since.setdefault(_place(event), time.monotonic())
        elif isinstance(event, ENDS):
            self._since.pop(_place(event), None)

    def _repeats(self, event: events.Event) -> bool:
        """A wait is told when its cause changes; in between the heartbeat tells it."""
        key = f"{event.what}: {event.cause}" if isinstance(event, events.StepWaiting) else line(event)
        if isinstance(event, events.StepWaiting) and self._last.get(_place(event)) == key:
            return True
        self._last[_place(event)] = key
        return False

    def _say(self, place: Place, text: str) -> None:
        self._spoken = time.monotonic()
        region, step = place
        who = f"{region} {step:<13}".lstrip()
        print(f"{self._now():%H:%M:%S} {who} {text}", file=self._stream, flush=True)

    def _beat(self) -> None:
        while not self._closed.wait(min(1.0, self._heartbeat / 4)):
            with self._lock:
                if self._since and time.monotonic() - self._spoken >= self._heartbeat:
                    place, since = min(self._since.items(), key=lambda item: item[1])
                    waited = format_duration(time.monotonic() - since)
                    last = self._last.get(place, "")
                    short = last.partition("\n")[0][:60]
                    self._say(place, f"still at it after {waited}" + (f" ({short})" if short else ""))


def _place(event: events.Event) -> Place:
    return event.region, event.step
