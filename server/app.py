"""The epoch service as an ASGI application: `GET /` answers with the time, `GET /health` with ok.

Knows nothing of the process it runs in: no environment, no signals, no sockets.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from server.access_log import AccessLog
from server.moment import Moment
from server.negotiation import choose
from server.page import POLICY, render_page
from server.settings import Settings

OFFERED = ("text/plain", "application/json", "text/html")
METHODS = ["GET", "HEAD", "OPTIONS"]
NO_STORE = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


def create_app(settings: Settings | None = None, now: Callable[[], float] = time.time) -> Starlette:
    """The application; `now` is the clock it tells."""
    settings = settings or Settings()

    async def tell_epoch(request: Request) -> Response:
        if request.method == "OPTIONS":
            return _describe_methods()
        media_type = choose(", ".join(request.headers.getlist("accept")), OFFERED)
        return _represent(Moment(int(now()), settings.region), media_type)

    async def tell_health(request: Request) -> Response:
        return (
            _describe_methods()
            if request.method == "OPTIONS"
            else PlainTextResponse("ok\n", headers=NO_STORE)
        )

    # In this order: with / as the health path, the epoch itself is the sign of health.
    routes = [
        Route("/", tell_epoch, methods=METHODS),
        Route(settings.health_path, tell_health, methods=METHODS),
    ]
    logging = (
        [Middleware(AccessLog, silent=frozenset({settings.health_path}) - {"/"})]
        if settings.access_log
        else []
    )
    return Starlette(routes=routes, middleware=logging, exception_handlers={HTTPException: _refuse})


def _represent(moment: Moment, media_type: str) -> Response:
    headers = {**NO_STORE, "Vary": "Accept"}
    if media_type == "application/json":
        return Response(moment.as_json(), media_type=media_type, headers=headers)
    if media_type == "text/html":
        headers["Content-Security-Policy"] = POLICY
        return Response(render_page(moment), media_type=media_type, headers=headers)
    return PlainTextResponse(moment.as_text(), headers=headers)


def _describe_methods() -> Response:
    return Response(status_code=204, headers={"Allow": ", ".join(METHODS)})


async def _refuse(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    headers = {**NO_STORE, **(error.headers or {})}
    if error.status_code == 405:
        headers["Allow"] = ", ".join(METHODS)
    return PlainTextResponse(f"{error.detail}\n", status_code=error.status_code, headers=headers)
