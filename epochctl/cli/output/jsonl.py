"""Events as JSON lines on stdout, for programs."""

from __future__ import annotations

import json
import sys
import threading
from datetime import UTC, datetime
from typing import TextIO

from epochctl.workflow.events import Event, event_fields


class JsonLines:
    """One object a line; a last one of kind `result`."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stdout
        self._lock = threading.Lock()

    def __call__(self, event: Event) -> None:
        self._write(event_fields(event))

    def result(self, fields: dict[str, object], lines: tuple[str, ...] = ()) -> None:
        """What came of it."""
        self._write({"event": "result", **fields})

    def close(self) -> None:
        """Nothing to end."""

    def _write(self, fields: dict[str, object]) -> None:
        at = datetime.now(UTC).isoformat(timespec="milliseconds")
        with self._lock:
            print(json.dumps({"at": at, **fields}, default=str), file=self._stream, flush=True)
