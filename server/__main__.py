"""Run the epoch server: `python -m server`. This module alone uses uvicorn, with documented settings."""

from __future__ import annotations

import os
import signal
import sys

import uvicorn

from server.app import create_app
from server.settings import Settings, read_settings

MAX_HEAD_BYTES = 65536  # of request line and headers: an Application Load Balancer forwards no more
MAX_CONNECTIONS = 5000  # from it on requests get 503; so many idle ones take 80 MB of the pod's 128
KEEP_ALIVE_SECONDS = 75  # longer than the load balancer's 60, so that the load balancer closes first


def configure(settings: Settings) -> uvicorn.Config:
    """Return uvicorn's configuration for the application."""
    return uvicorn.Config(
        create_app(settings, log=sys.stdout if settings.access_log else None),
        host="0.0.0.0",
        port=settings.port,
        loop="uvloop",
        http="h11",  # the only one of uvicorn's parsers with a bound on the size of a head
        h11_max_incomplete_event_size=MAX_HEAD_BYTES,
        limit_concurrency=MAX_CONNECTIONS,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=settings.drain_seconds,
        ws="none",
        lifespan="off",
        access_log=False,  # the application writes its own
        server_header=False,
        proxy_headers=False,
        log_level="error",
        log_config=None,  # errors go to standard error
    )


def main() -> None:
    """Serve until SIGTERM; then finish the requests under way and exit with 0."""
    try:
        settings = read_settings(os.environ)
    except ValueError as error:
        sys.exit(f"epoch-server: {error}")
    # uvicorn raises SIGTERM again after it has ended in order; that is no failure.
    signal.signal(signal.SIGTERM, lambda *_: None)
    uvicorn.Server(configure(settings)).run()


if __name__ == "__main__":
    main()
