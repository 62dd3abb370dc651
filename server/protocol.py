"""uvicorn's HTTP/1.1 connection with bounds, and less of what a request costs.

Bounds: how large a head may be, how long a request may take to arrive, how long a connection may be idle.
httptools has none of the first two, so one client could hold memory and connections for ever. One look every
few seconds stands in for uvicorn's timer after each answer. Knows nothing of the application.
"""

from __future__ import annotations

import asyncio
from functools import lru_cache
from typing import Any
from urllib.parse import unquote

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from server.exchange import Exchange, Heads, begin

# Bytes of request line and headers; what an Application Load Balancer lets through at most.
LARGEST_HEAD = 65536
ARRIVAL = 20.0  # seconds from a request's first byte to its last
LOOK = 5.0  # seconds between two looks at a connection
LONGEST_KEPT = 256  # bytes of a url whose parts are remembered

ASGI: Any = {"version": "3.0", "spec_version": "2.3"}

TOO_LARGE = (431, "Request Header Fields Too Large")
TOO_SLOW = (408, "Request Timeout")


class GivenUp(Exception):
    """Raised into the parser, which then reads no further."""


class BoundedProtocol(HttpToolsProtocol):
    """Answers 431 to a head that is too large and 408 to a request that does not arrive; then it closes."""

    heads = Heads()  # a process has one list of default headers, and one loop

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._head = 0  # bytes of the head that the parser has told of
        self._unread = (
            0  # bytes since the head began to arrive: of a header without end the parser says nothing
        )
        self._in_head = False
        self._since = 0.0  # when the request under way began to arrive; 0 where none is
        self._idle_since = 0.0  # when the last answer ended; 0 where a request is under way
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
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            pass  # answered as if it had not been asked for
        except httptools.HttpParserError:
            self.send_400_response("")
        if self._in_head:
            self._unread += len(data)
            if self._unread > 2 * LARGEST_HEAD:
                self._refuse(*TOO_LARGE)

    # What the parser calls. uvicorn's own methods do the same at twice the cost.

    def on_message_begin(self) -> None:
        self.url, self.headers, self.expect_100_continue = b"", [], False
        self._head, self._in_head, self._since, self._idle_since = 0, True, self.loop.time(), 0.0

    def on_url(self, url: bytes) -> None:
        self.url += url
        self._head += len(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._head += len(name) + len(value)
        if self._head > LARGEST_HEAD:
            raise GivenUp
        name = name.lower()
        if name == b"expect" and value.lower() == b"100-continue":
            self.expect_100_continue = True
        self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        self._in_head, self._unread = False, 0
        if self.transport.is_closing():
            raise GivenUp  # the answer before said that it is the last one
        url = self.url
        path, raw_path, query = _remembered(url) if len(url) <= LONGEST_KEPT else _parse(url)
        version = self.parser.get_http_version()
        self.scope = {
            "type": "http",
            "asgi": ASGI,
            "http_version": version,
            "server": self.server,
            "client": self.client,
            "scheme": "http",
            "root_path": "",
            "headers": self.headers,
            "method": self.parser.get_method().decode("ascii"),
            "path": path,
            "raw_path": raw_path,
            "query_string": query,
        }
        before = self.cycle
        keep_alive = version != "1.0" and self.parser.should_keep_alive()
        self.cycle = exchange = Exchange(self, self.scope, keep_alive=keep_alive)
        if before is None or before.response_complete:
            self._start_asgi_task(exchange, self.app)
        else:  # the client did not wait for its answer
            self.flow.pause_reading()
            self.pipeline.appendleft((exchange, self.app))

    def on_message_complete(self) -> None:
        self._since = 0.0
        super().on_message_complete()

    def _start_asgi_task(self, cycle: Any, app: Any) -> None:
        rest = begin(cycle.run_asgi(app))
        if rest is not None:
            task = self.loop.create_task(rest)
            task.add_done_callback(self.tasks.discard)
            self.tasks.add(task)

    def on_response_complete(self) -> None:
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
        else:
            self._idle_since = self.loop.time()

    def send_400_response(self, msg: str) -> None:
        """The parser gave up, for our reason or for its own."""
        if self._head > LARGEST_HEAD:
            self._refuse(*TOO_LARGE)
        else:
            self._refuse(400, "Bad Request")

    def _look(self) -> None:
        now = self.loop.time()
        if self._since and now - self._since > ARRIVAL:
            self._refuse(*TOO_SLOW)
        elif self._idle_since and now - self._idle_since > self.timeout_keep_alive:
            self.transport.close()
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


def _parse(url: bytes) -> tuple[str, bytes, bytes]:
    """Path, path as it came, query. Raises into the parser what is no url."""
    parsed = httptools.parse_url(url)
    path = parsed.path.decode("ascii")
    return unquote(path) if "%" in path else path, parsed.path, parsed.query or b""


_remembered = lru_cache(maxsize=256)(_parse)
