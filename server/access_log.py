"""The access log: one line of JSON for each request, except to silent paths."""

from __future__ import annotations

import contextlib
import json
from datetime import UTC, datetime
from typing import TextIO

from starlette.types import Scope

MAX_TEXT = 256  # characters of any text that the client chose


class AccessLog:
    """Writes a line for each observed request, unless its path is silent."""

    def __init__(self, file: TextIO, silent: frozenset[str] = frozenset()) -> None:
        self._file, self._silent = file, silent

    def observe(self, scope: Scope, status: int, seconds: float) -> None:
        """Write the line of a request that has been answered. A closed file does not stop the server."""
        if scope["path"] not in self._silent:
            with contextlib.suppress(OSError):
                self._file.write(format_line(scope, status, seconds))
                self._file.flush()


def format_line(scope: Scope, status: int, seconds: float) -> str:
    """Return the log line of a request. Headers are logged as the client sent them, unverified."""
    headers, client = dict(scope["headers"]), scope.get("client")

    def header(name: bytes) -> str | None:
        return headers.get(name, b"")[:MAX_TEXT].decode("latin-1") or None

    line = {
        "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "method": scope["method"],
        "path": scope["path"][:MAX_TEXT],
        "status": status,
        "ms": round(seconds * 1000, 2),
        "client": client[0] if client else None,
        "forwarded_for": header(b"x-forwarded-for"),
        "trace": header(b"x-amzn-trace-id"),
        "agent": header(b"user-agent"),
    }
    return json.dumps(line) + "\n"
