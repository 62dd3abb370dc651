"""One line of JSON for each request, on standard output. Knows nothing of what the routes mean.

Requests to a silent path make no line: a probe every few seconds would drown the people.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from json.encoder import encode_basestring_ascii
from typing import Any

from starlette.types import Scope

LONGEST = 256  # of any text that the client chose
LATEST = 0.1  # seconds until a line is written
MOST = 1000  # lines kept until then

Later = Callable[[float, Callable[[], None]], Any]
Write = Callable[[str], object]


def print_lines(text: str) -> None:
    """One write, so that lines never mix. Who reads them may be gone; requests go on."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except OSError:
        return


class AccessLog:
    """An observer of requests. Lines are written together, LATEST seconds after the first, and at the end.

    later: calls a function after some seconds, as an event loop does; without it a line is written at once.
    """

    def __init__(
        self, silent: frozenset[str] = frozenset(), later: Later | None = None, write: Write = print_lines
    ) -> None:
        self._silent, self._later, self._write = silent, later, write
        self._lines: list[str] = []

    def observe(self, scope: Scope, status: int, seconds: float) -> None:
        if scope["path"] in self._silent:
            return
        self._lines.append(describe(scope, status, seconds))
        if self._later is None or len(self._lines) >= MOST:
            self.flush()
        elif len(self._lines) == 1:
            self._later(LATEST, self.flush)

    def flush(self) -> None:
        """Write what is kept."""
        if self._lines:
            lines, self._lines = self._lines, []
            self._write("".join(lines))


def describe(scope: Scope, status: int, seconds: float) -> str:
    """A line. The load balancer's headers are kept as they came: for finding, not for trusting."""
    said = dict.fromkeys((b"x-forwarded-for", b"x-amzn-trace-id", b"user-agent"), b"")
    for name, value in scope["headers"]:
        if name in said:
            said[name] = value
    client = scope.get("client")
    address = _quoted(client[0]) if client else "null"
    return (
        f'{{"time": "{_stamp()}", "method": {_quoted(scope["method"])}, '
        f'"path": {_quoted(scope["path"][:LONGEST])}, "status": {status}, "ms": {seconds * 1000:.2f}, '
        f'"client": {address}, "forwarded_for": {_header(said[b"x-forwarded-for"])}, '
        f'"trace": {_header(said[b"x-amzn-trace-id"])}, "agent": {_header(said[b"user-agent"])}}}\n'
    )


_quoted = encode_basestring_ascii
_now = partial(datetime.now, UTC)


def _stamp() -> str:
    return _now().isoformat(timespec="milliseconds")


def _header(value: bytes) -> str:
    return _quoted(value[:LONGEST].decode("latin-1")) if value else "null"
