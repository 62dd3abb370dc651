"""The process around the application: port, event loop, log, and an orderly end.

The only module that knows uvicorn.
On SIGTERM it stops accepting, finishes what is under way within DRAIN_SECONDS, and exits 0.
"""

from __future__ import annotations

import os
import signal
import sys

import uvicorn

from server.app import create_app
from server.settings import Settings, read_settings


def configure(settings: Settings) -> uvicorn.Config:
    return uvicorn.Config(
        create_app(settings),
        host="0.0.0.0",
        port=settings.port,
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="off",
        access_log=False,  # ours is structured and knows the health path
        server_header=False,
        proxy_headers=False,
        log_level="warning",
        timeout_keep_alive=75,  # longer than the load balancer's 60 s, or it uses what we just closed
        timeout_graceful_shutdown=settings.drain_seconds,
    )


def main() -> None:
    try:
        settings = read_settings(os.environ)
    except ValueError as error:
        sys.exit(f"epoch-server: {error}")
    # uvicorn handles SIGTERM itself and raises it once more when it is done: being asked to end is no
    # failure.
    signal.signal(signal.SIGTERM, lambda *_: None)
    uvicorn.Server(configure(settings)).run()


if __name__ == "__main__":
    main()
