"""The Starlette application: `/` returns the epoch time, the health path ok, `/metrics` the counts."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TextIO

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.access_log import AccessLog
from server.clock import choose_media_type, represent
from server.metrics import MEDIA_TYPE, Metrics
from server.page import POLICY
from server.settings import Settings

METRICS = "/metrics"
ALLOW = {"Allow": "GET, HEAD, OPTIONS"}

Observer = Callable[[Scope, int, float], None]  # gets a request, its status and its seconds


def create_app(
    settings: Settings, now: Callable[[], float] = time.time, log: TextIO | None = None
) -> Starlette:
    """Return the application. now: the clock; log: where requests are written, if anywhere."""
    health = settings.health_path
    metrics = Metrics(frozenset({"/", health, METRICS}))
    observers: list[Observer] = [metrics.observe]
    if log is not None:  # probes request their paths all day; the epoch itself is always logged
        observers.append(AccessLog(log, silent=frozenset({health, METRICS}) - {"/"}).observe)

    async def get_epoch(request: Request) -> Response:
        media_type = choose_media_type(", ".join(request.headers.getlist("accept")))
        headers = {"Vary": "Accept"}
        if media_type == "text/html":
            headers["Content-Security-Policy"] = POLICY
        content = represent(int(now()), settings.region, media_type)
        return respond(request, content, 200, media_type, headers)

    async def get_health(request: Request) -> Response:
        return respond(request, "ok\n")

    async def get_metrics(request: Request) -> Response:
        if "x-forwarded-for" in request.headers:  # the load balancer adds it to requests from outside
            raise HTTPException(404)
        return respond(request, metrics.render(), 200, MEDIA_TYPE)

    # The first match wins: with / as the health path, the epoch is the sign of health.
    endpoints = (("/", get_epoch), (health, get_health), (METRICS, get_metrics))
    routes = [Route(path, endpoint, methods=["GET"]) for path, endpoint in endpoints]
    routes += [Route(path, get_methods, methods=["OPTIONS"]) for path, _ in endpoints]
    app = Starlette(
        routes=routes,
        middleware=[Middleware(RequestObserver, observers)],
        exception_handlers={HTTPException: refuse},
    )
    app.router.redirect_slashes = False
    return app


def respond(
    request: Request,
    content: str | None,
    status: int = 200,
    media_type: str | None = "text/plain",
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return a response that no cache keeps and no browser reinterprets.

    The server reads no bodies: it closes the connection after a request with one, so that a client that
    sends it slowly holds nothing.
    """
    common = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    if request.headers.get("content-length", "0") != "0" or "transfer-encoding" in request.headers:
        common["Connection"] = "close"
    return Response(content, status, {**common, **(headers or {})}, media_type)


async def get_methods(request: Request) -> Response:
    """Answer OPTIONS."""
    return respond(request, None, 204, None, ALLOW)


async def refuse(request: Request, error: Exception) -> Response:
    """Answer a path or a method that no route has."""
    assert isinstance(error, HTTPException)
    allow = ALLOW if error.status_code == 405 else {}
    return respond(request, f"{error.detail}\n", error.status_code, headers=allow)


class RequestObserver:
    """Measures each request, as middleware, and reports it to the observers. A crash counts as 500."""

    def __init__(self, app: ASGIApp, observers: list[Observer]) -> None:
        self._app, self._observers = app, observers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        status, start = 500, time.perf_counter()

        async def send_and_note(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, send_and_note)
        finally:
            seconds = time.perf_counter() - start
            for observe in self._observers:
                observe(scope, status, seconds)
