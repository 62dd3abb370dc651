"""The outermost layer: measures each request and tells every observer how it ended. Knows none of them."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter

from starlette.types import ASGIApp, Message, Receive, Scope, Send

Observer = Callable[[Scope, int, float], None]  # the request, its status, its seconds


class Watch:
    """An ASGI application around `app`. A crash counts as 500 and goes on to the server."""

    def __init__(self, app: ASGIApp, *observers: Observer) -> None:
        self._app, self._observers = app, observers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        status, start = 500, perf_counter()

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, watch)
        finally:
            seconds = perf_counter() - start
            for observe in self._observers:
                observe(scope, status, seconds)
