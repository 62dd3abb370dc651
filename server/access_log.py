"""One line of JSON for each request, on standard output. Knows nothing of what the routes mean.

Requests to the health path make no line: a probe every few seconds would drown the people.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LONGEST = 256  # of any text that the client chose

Write = Callable[[str], None]


def print_line(line: str) -> None:
    """One write a line, so that lines of concurrent requests never mix."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


class AccessLog:
    """Middleware that measures each request and writes its line when the response is through."""

    def __init__(self, app: ASGIApp, silent: frozenset[str] = frozenset(), write: Write = print_line) -> None:
        self._app, self._silent, self._write = app, silent, write

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in self._silent:
            await self._app(scope, receive, send)
            return
        status, start = 500, time.perf_counter()

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, watch)
        finally:
            self._write(json.dumps(describe(scope, status, time.perf_counter() - start)))


def describe(scope: Scope, status: int, seconds: float) -> dict[str, Any]:
    """What a line says. The load balancer's headers are kept as they came.

    They are for finding, not for trusting.
    """
    headers, client = Headers(scope=scope), scope.get("client")
    return {
        "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "method": scope["method"],
        "path": scope["path"][:LONGEST],
        "status": status,
        "ms": round(seconds * 1000, 2),
        "client": client[0] if client else None,
        "forwarded_for": headers.get("x-forwarded-for", "")[:LONGEST] or None,
        "trace": headers.get("x-amzn-trace-id", "")[:LONGEST] or None,
        "agent": headers.get("user-agent", "")[:LONGEST] or None,
    }
