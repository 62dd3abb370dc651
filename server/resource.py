"""An ASGI endpoint: GET and HEAD tell something, OPTIONS names the methods, any other method is refused.

Knows nothing of what is told. Answers are ready-made messages: one that is still true is sent again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from starlette.types import Message, Receive, Scope, Send

METHODS = b"GET, HEAD, OPTIONS"
TEXT = "text/plain; charset=utf-8"
STATUS = "epoch.status"  # where in the scope the status of the answer is left
# A clock's answer is old a second later: nobody may keep it, so there is no ETag (RFC 9111, 5.2.2.5).
NO_STORE = (b"cache-control", b"no-store")
NO_SNIFF = (b"x-content-type-options", b"nosniff")

Header = tuple[bytes, bytes]


@dataclass(frozen=True)
class Answer:
    """The two ASGI messages of a response."""

    start: Message
    body: Message


Tell = Callable[[Scope], Answer]


def make_answer(status: int, media_type: str, content: str, *headers: Header) -> Answer:
    """A response that no cache keeps."""
    body = content.encode()
    described = [] if status == 204 else [_content_type(media_type), (b"content-length", b"%d" % len(body))]
    start = {
        "type": "http.response.start",
        "status": status,
        "headers": [*described, NO_STORE, NO_SNIFF, *headers],
    }
    return Answer(start, {"type": "http.response.body", "body": body})


def _content_type(media_type: str) -> Header:
    return b"content-type", media_type.encode()


ALLOW = (b"allow", METHODS)
METHODS_TOLD = make_answer(204, TEXT, "", ALLOW)
# Closed, because a body that came with it is not read.
METHOD_REFUSED = make_answer(405, TEXT, "Method Not Allowed\n", ALLOW, (b"connection", b"close"))
NOT_FOUND = make_answer(404, TEXT, "Not Found\n")


class Resource:
    """What a route leads to; `tell` gives the answer to GET."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = self._answer(scope)
        scope[STATUS] = answer.start["status"]
        await send(answer.start)
        await send(answer.body)

    def _answer(self, scope: Scope) -> Answer:
        method = scope["method"]
        if method == "GET" or method == "HEAD":
            return self._tell(scope)
        return METHODS_TOLD if method == "OPTIONS" else METHOD_REFUSED


async def not_found(scope: Scope, receive: Receive, send: Send) -> None:
    """The answer where no route leads."""
    scope[STATUS] = 404
    await send(NOT_FOUND.start)
    await send(NOT_FOUND.body)
