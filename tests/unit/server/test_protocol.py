"""Our connection writes what uvicorn's own writes, whether the application waits or not."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from server.app import create_app
from server.protocol import BoundedProtocol

DATE = [(b"date", b"Tue, 24 Nov 2026 00:00:00 GMT")]
HOST = b"\r\nHost: a\r\n"
REQUESTS = {
    "get": b"GET / HTTP/1.1" + HOST + b"\r\n",
    "head": b"HEAD / HTTP/1.1" + HOST + b"\r\n",
    "options": b"OPTIONS / HTTP/1.1" + HOST + b"\r\n",
    "query and escapes": b"GET /%2F?a=b HTTP/1.1" + HOST + b"\r\n",
    "absolute": b"GET http://a/health HTTP/1.1" + HOST + b"\r\n",
    "not allowed": b"POST / HTTP/1.1" + HOST + b"Content-Length: 2\r\n\r\nhi",
    "old": b"GET / HTTP/1.0" + HOST + b"\r\n",
    "closing": b"GET / HTTP/1.1" + HOST + b"Connection: close\r\n\r\n",
    "pipelined": b"GET / HTTP/1.1" + HOST + b"\r\n" + b"GET /health HTTP/1.1" + HOST + b"\r\n",
    "garbage": b"GET\r\n\r\n",
}


class Wire:
    """A transport that keeps what is written."""

    def __init__(self) -> None:
        self.written, self.closed = b"", False

    def write(self, data: bytes) -> None:
        self.written += data

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed

    def get_extra_info(self, name: str) -> None:
        return None

    def pause_reading(self) -> None: ...
    def resume_reading(self) -> None: ...


async def connected(protocol: type[HttpToolsProtocol], app: Any) -> tuple[HttpToolsProtocol, Wire]:
    config, wire = Config(app, lifespan="off", log_config=None, log_level=60), Wire()
    config.load()
    state = ServerState()
    state.default_headers = DATE
    connection = protocol(config=config, server_state=state, app_state={})
    connection.connection_made(wire)  # type: ignore[arg-type]
    return connection, wire


async def exchanged(protocol: type[HttpToolsProtocol], app: Any, *pieces: bytes) -> tuple[bytes, bool]:
    connection, wire = await connected(protocol, app)
    for piece in pieces:
        if not wire.closed:
            connection.data_received(piece)
        for _ in range(20):
            await asyncio.sleep(0)
    connection.connection_lost(None)
    return wire.written, wire.closed


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """Waits for the body, and for a turn of the loop between its two messages."""
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message["body"], message["more_body"]
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await asyncio.sleep(0)
    await send({"type": "http.response.body", "body": body[:1], "more_body": True})
    await send({"type": "http.response.body", "body": body[1:]})


async def stream(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"in ", "more_body": True})
    await send({"type": "http.response.body", "body": b"pieces"})


async def crash(scope: Any, receive: Any, send: Any) -> None:
    raise RuntimeError


async def split(scope: Any, receive: Any, send: Any) -> None:
    """Says a header that would be two."""
    headers = [(b"content-length", b"0"), (b"x", b"a\r\nb: c")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})


POST = b"POST / HTTP/1.1" + HOST + b"Content-Length: 4\r\n\r\n"


@pytest.mark.parametrize("name", [name for name in REQUESTS if name != "garbage"])
def test_the_service_is_written_as_uvicorn_writes_it(name: str) -> None:
    app = create_app(now=lambda: 1_700_000_000.0)
    theirs = asyncio.run(exchanged(HttpToolsProtocol, app, REQUESTS[name]))
    assert asyncio.run(exchanged(BoundedProtocol, app, REQUESTS[name])) == theirs
    assert theirs[0].startswith(b"HTTP/1.1 ")


@pytest.mark.parametrize("app", [echo, stream, crash, split])
@pytest.mark.parametrize(
    "pieces", [(POST + b"body",), (POST, b"bo", b"dy"), (POST + b"body" + POST, b"body")]
)
def test_any_application_is_written_as_uvicorn_writes_it(app: Any, pieces: tuple[bytes, ...]) -> None:
    theirs = asyncio.run(exchanged(HttpToolsProtocol, app, *pieces))
    assert asyncio.run(exchanged(BoundedProtocol, app, *pieces)) == theirs


def test_garbage_is_answered_and_closed() -> None:
    written, closed = asyncio.run(exchanged(BoundedProtocol, echo, REQUESTS["garbage"]))
    assert written.startswith(b"HTTP/1.1 400 ")
    assert closed


def test_a_head_in_pieces_may_be_as_large_as_one_in_one() -> None:
    pieces = [REQUESTS["get"][:-2], *(b"X: " + b"a" * 990 + b"\r\n" for _ in range(60)), b"\r\n"]
    written, _ = asyncio.run(exchanged(BoundedProtocol, create_app(), *pieces))
    assert written.startswith(b"HTTP/1.1 200 ")
    written, _ = asyncio.run(exchanged(BoundedProtocol, create_app(), *pieces[:-1], *pieces[1:]))
    assert written.startswith(b"HTTP/1.1 431 ")


def test_who_does_not_read_is_not_answered_for_ever() -> None:
    async def run() -> tuple[int, int]:
        connection, wire = await connected(BoundedProtocol, create_app())
        connection.pause_writing()
        connection.data_received(REQUESTS["get"] * 50)
        await asyncio.sleep(0)
        before = wire.written.count(b"HTTP/1.1 200")
        connection.resume_writing()
        for _ in range(200):
            await asyncio.sleep(0)
        return before, wire.written.count(b"HTTP/1.1 200")

    assert asyncio.run(run()) == (0, 50)


def test_a_request_under_way_is_answered_when_the_server_is_told_to_leave() -> None:
    async def run() -> tuple[bytes, bool]:
        connection, wire = await connected(BoundedProtocol, echo)
        connection.data_received(POST + b"bo")
        connection.shutdown()
        closed = wire.closed
        connection.data_received(b"dy")
        for _ in range(20):
            await asyncio.sleep(0)
        return wire.written, closed

    written, closed_before = asyncio.run(run())
    assert (written.endswith(b"body"), closed_before) == (True, False)
    assert b"connection: close" in written


def test_an_idle_connection_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.protocol.LOOK", 0.01)

    async def run() -> bool:
        connection, wire = await connected(BoundedProtocol, create_app())
        connection.timeout_keep_alive = 0
        connection.data_received(REQUESTS["get"])
        for _ in range(100):
            await asyncio.sleep(0.01)
            if wire.closed:
                break
        return wire.closed

    assert asyncio.run(run())
