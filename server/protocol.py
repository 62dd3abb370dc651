"""uvicorn's HTTP/1.1 connection with bounds: how large a head may be, how long a request may take.

httptools has neither, so one client could hold memory and connections for ever. Knows nothing
of the application.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

LARGEST_HEAD = (
    65536  # bytes of request line and headers; what an Application Load Balancer lets through at most
)
ARRIVAL = 20.0  # seconds from a request's first byte to its last
LOOK = 5.0  # seconds between two looks at it

TOO_LARGE = (431, "Request Header Fields Too Large")
TOO_SLOW = (408, "Request Timeout")


class HeadTooLarge(Exception):
    """Raised into the parser, which then gives up on the connection."""


class BoundedProtocol(HttpToolsProtocol):
    """Answers 431 to a head that is too large and 408 to a request that does not arrive; then it closes."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._head = 0  # bytes of the head so far
        self._in_head = False
        self._since = 0.0  # when the request under way began to arrive; 0 where none is
        self._watch: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._since = self.loop.time()  # a client that connects and says nothing is slow, too
        self._watch = self.loop.call_later(LOOK, self._look)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._watch is not None:
            self._watch.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        continues = self._in_head
        super().data_received(data)
        if continues and self._in_head and not self.transport.is_closing():
            self._head += len(data)  # of a header that has no end yet the parser says nothing
            if self._head > LARGEST_HEAD:
                self._refuse(*TOO_LARGE)

    def on_message_begin(self) -> None:
        self._head, self._in_head, self._since = 0, True, self.loop.time()
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        self._head += len(name) + len(value)
        if self._head + len(self.url) > LARGEST_HEAD:
            raise HeadTooLarge
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._in_head = False
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._since = 0.0
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """The parser gave up, for our reason or for its own."""
        if self._head + len(self.url or b"") > LARGEST_HEAD:
            self._refuse(*TOO_LARGE)
        else:
            self._refuse(400, "Bad Request")

    def _look(self) -> None:
        if self._since and self.loop.time() - self._since > ARRIVAL:
            self._refuse(*TOO_SLOW)
        else:
            self._watch = self.loop.call_later(LOOK, self._look)

    def _refuse(self, status: int, reason: str) -> None:
        """Written past the application: there is no request that it could be asked about."""
        if self.transport.is_closing():
            return
        if self.cycle is None or self.cycle.response_complete:
            body = f"{reason}\n".encode()
            self.transport.write(
                b"HTTP/1.1 %d %s\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: %d\r\n"
                b"cache-control: no-store\r\nconnection: close\r\n\r\n%s"
                % (status, reason.encode(), len(body), body)
            )
        self.transport.close()
