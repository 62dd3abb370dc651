"""The epoch service as an ASGI application: `/` tells the time, the health path ok, `/metrics` the counts.

Knows nothing of the process it runs in: no environment, no signals, no sockets. Starlette's Router
is the core: nothing here raises HTTPException, so the two exception layers of its application class would
only cost time.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from starlette.routing import Route, Router

from server.access_log import AccessLog
from server.clock import Clock
from server.metrics import Metrics
from server.resource import TEXT, Resource, make_answer, not_found
from server.settings import Settings
from server.watch import Watch

METRICS = "/metrics"
HEALTHY = make_answer(200, TEXT, "ok\n")


def create_app(
    settings: Settings | None = None, now: Callable[[], float] = time.time, log: AccessLog | None = None
) -> Watch:
    """The application; `now` is the clock it tells, `log` where requests are written."""
    settings = settings or Settings()
    health = settings.health_path
    metrics = Metrics(frozenset({"/", health, METRICS}))
    # In this order: with / as the health path, the epoch itself is the sign of health.
    routes = [
        Route("/", Resource(Clock(now, settings.region).tell)),
        Route(health, Resource(lambda scope: HEALTHY)),
        Route(METRICS, Resource(metrics.tell)),
    ]
    router = Router(routes, redirect_slashes=False, default=not_found)
    return Watch(router.app, metrics.observe, *([log.observe] if log else []))


def silent_paths(settings: Settings) -> frozenset[str]:
    """What probes ask for all day; the epoch itself is always logged."""
    return frozenset({settings.health_path, METRICS}) - {"/"}
