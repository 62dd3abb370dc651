"""The outermost layer: measures each request and tells every observer how it ended. Knows none of them.

The status is what the answering application leaves in the scope: looking at each message on its way would
cost more than the answer.
"""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter

from starlette.types import ASGIApp, Receive, Scope, Send

from server.resource import STATUS

CRASHED = 500  # of an application that has not answered

Observer = Callable[[Scope, int, float], None]  # the request, its status, its seconds


class Watch:
    """An ASGI application around `app`. A crash counts as 500 and goes on to the server."""

    def __init__(self, app: ASGIApp, *observers: Observer) -> None:
        self._app, self._observers = app, observers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        start = perf_counter()
        try:
            await self._app(scope, receive, send)
        finally:
            seconds, status = perf_counter() - start, scope.get(STATUS, CRASHED)
            for observe in self._observers:
                observe(scope, status, seconds)
