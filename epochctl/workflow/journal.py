"""History of the runs of one (name, environment, region): who, when, what, how it ended. It subscribes.

One JSON object a line, bounded in size. Nobody reads it back to decide anything: the truth is the world.
"""

from __future__ import annotations

import json
import os
import threading
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from epochctl.command import plain
from epochctl.user import whoami
from epochctl.workflow.events import (
    Event,
    RunFinished,
    RunStarted,
    StepFailed,
    StepFinished,
    StepSkipped,
    event_fields,
)

KEPT = (RunStarted, StepFinished, StepFailed, StepSkipped, RunFinished)
LONGEST_TEXT = 2000


class Journal:
    """Appends what matters of each event to `path`; at `limit` bytes the file becomes path.1."""

    def __init__(
        self,
        path: Path,
        *,
        run: str = "",
        limit: int = 1_000_000,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._path, self._limit, self._now = path, limit, now
        self._lock = threading.Lock()
        self._run = run or uuid.uuid4().hex[:12]

    def __call__(self, event: Event) -> None:
        """Subscribe with this. A full disk must not fail the run: history is a convenience."""
        if not isinstance(event, KEPT):
            return
        with self._lock:
            try:
                self._append(json.dumps(self._entry(event), default=str) + "\n")
            except OSError:
                return

    def _entry(self, event: Event) -> dict[str, object]:
        entry: dict[str, object] = {"at": self._now().isoformat(timespec="seconds"), "run": self._run}
        if isinstance(event, RunStarted):
            entry["who"] = whoami()
            entry["pid"] = os.getpid()
        return entry | {key: _short(value) for key, value in event_fields(event).items()}

    def _append(self, line: str) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        if self._path.exists() and self._path.stat().st_size + len(line) > self._limit:
            self._path.replace(self._path.with_name(self._path.name + ".1"))
        with open(
            os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "a", encoding="utf-8"
        ) as file:
            file.write(line)


def _short(value: object) -> object:
    return plain(value)[:LONGEST_TEXT] if isinstance(value, str) else value
