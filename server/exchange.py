"""One request and its answer, run at once where the application does not wait.

uvicorn starts a task for each request and writes each header anew. Ours begins the application's coroutine
where the request is read, so that an answer which waits for nothing costs no task and no turn of the loop; a
coroutine that does wait is finished by a task. Knows nothing of the application.
"""

from __future__ import annotations

import asyncio
import types
from collections.abc import Coroutine, Generator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from uvicorn.protocols.http.httptools_impl import (
    HEADER_RE,
    HEADER_VALUE_RE,
    STATUS_LINE,
    RequestResponseCycle,
)

REMEMBERED = 32  # heads kept for the second that the Date header holds

Message = Any  # uvicorn's and Starlette's types of the same dictionary are different ones
Headers = list[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Head:
    """A start message as bytes, and the length of its body. Keeping the message keeps its id its own."""

    message: Message
    content: bytes
    length: int


class Heads:
    """What start messages look like on the wire, made once for each list of default headers."""

    def __init__(self) -> None:
        self._default: Headers = []
        self._known: dict[int, Head | None] = {}

    def find(self, message: Message, default: Headers) -> Head | None:
        """Known by identity: who sends a message again has not changed it. None: uvicorn must write it."""
        if default is not self._default or len(self._known) > REMEMBERED:
            self._default, self._known = default, {}
        head = self._known.get(id(message))
        if head is None:
            head = _encode(message, default)
            if head is not None:
                self._known[id(message)] = head
        return head


def _encode(message: Message, default: Headers) -> Head | None:
    """Only what has a length and says nothing of the connection."""
    if message["type"] != "http.response.start":
        return None
    headers = [*default, *message.get("headers", ())]
    named = {name.lower(): value for name, value in headers}
    if b"content-length" not in named or b"connection" in named or b"transfer-encoding" in named:
        return None
    if any(HEADER_RE.search(name) or HEADER_VALUE_RE.search(value) for name, value in headers):
        return None
    lines = b"".join(b"%s: %s\r\n" % header for header in headers)
    return Head(message, STATUS_LINE[message["status"]] + lines + b"\r\n", int(named[b"content-length"]))


class Exchange(RequestResponseCycle):
    """uvicorn's cycle with a shorter way for an answer of two messages on a connection that stays open."""

    # What a request begins with; uvicorn sets each of them for each request.
    disconnected = response_started = response_complete = access_log = False
    more_body = True
    chunked_encoding = None
    expected_content_length = 0
    body = b""  # type: ignore[assignment]
    _head = b""  # waits for the body: one write for both

    def __init__(self, connection: Any, scope: Any, *, keep_alive: bool) -> None:
        self.scope, self.keep_alive = scope, keep_alive
        self.transport, self.flow, self.logger = connection.transport, connection.flow, connection.logger
        self.default_headers, self.heads = connection.server_state.default_headers, connection.heads
        self.waiting_for_100_continue = connection.expect_100_continue
        self.on_response = connection.on_response_complete

    @cached_property
    def message_event(self) -> asyncio.Event:  # type: ignore[override]
        """Only who waits for a body needs it."""
        return asyncio.Event()

    async def send(self, message: Message) -> None:
        if self.flow.write_paused and not self.disconnected:
            await self.flow.drain()
        if self._head:
            head, self._head = self._head, b""
            if self._is_all(message):
                self._answer(head, message)
                return
            if not self.disconnected:
                self.transport.write(head)
        elif not self.response_started and self.keep_alive and not self.disconnected:
            found = self.heads.find(message, self.default_headers)
            if found is not None:
                self._head, self.expected_content_length = found.content, found.length
                self.response_started, self.chunked_encoding = True, False
                self.waiting_for_100_continue = False
                return
        await super().send(message)

    def _is_all(self, message: Message) -> bool:
        """Whether this is the whole body, and the connection is still there and stays."""
        return (
            len(message.get("body", b"")) == self.expected_content_length
            and message["type"] == "http.response.body"
            and not message.get("more_body", False)
            and self.keep_alive
            and not self.disconnected
        )

    def _answer(self, head: bytes, message: Message) -> None:
        self.transport.write(head if self.scope["method"] == "HEAD" else head + message.get("body", b""))
        self.response_complete = True
        if "message_event" in self.__dict__:
            self.message_event.set()
        self.on_response()


def begin(coroutine: Coroutine[Any, Any, None]) -> Coroutine[Any, Any, None] | None:
    """Run until it waits; None where it ended, else the rest of it, for a task.

    Until then it runs in no task: what asks for its own task before it has waited once would find none.
    """
    try:
        waits_for = coroutine.send(None)
    except StopIteration:
        return None
    return _finish(coroutine, waits_for)


async def _finish(coroutine: Coroutine[Any, Any, None], waits_for: Any) -> None:
    await _resume(coroutine, waits_for)


@types.coroutine
def _resume(coroutine: Coroutine[Any, Any, None], waits_for: Any) -> Generator[Any, Any, None]:
    """Hand on what it waits for, and to it what comes back."""
    try:
        while True:
            try:
                said = yield waits_for
            except GeneratorExit:
                coroutine.close()
                raise
            except BaseException as error:  # a cancelled task's, for one: the coroutine's to handle
                waits_for = coroutine.throw(error)
            else:
                waits_for = coroutine.send(said)
    except StopIteration:
        return
