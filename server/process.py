"""The process around the application: port, event loop, log, and an orderly end.

With `protocol` and `exchange`, the only module that knows uvicorn.
On SIGTERM it stops accepting, finishes what is under way within DRAIN_SECONDS, and exits 0.
"""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys

import uvicorn
from uvicorn.config import Config
from uvicorn.server import Server

from server.access_log import AccessLog
from server.app import create_app, silent_paths
from server.protocol import BoundedProtocol
from server.settings import Settings, read_settings


def configure(settings: Settings, log: AccessLog | None) -> Config:
    return Config(
        create_app(settings, log=log),
        host="0.0.0.0",
        port=settings.port,
        loop="uvloop",
        http=BoundedProtocol,
        ws="none",
        interface="asgi3",
        lifespan="off",
        access_log=False,  # ours is structured and knows the health path
        server_header=False,
        proxy_headers=False,
        log_level="error",  # what clients do wrong is answered, not logged
        timeout_keep_alive=75,  # longer than the load balancer's 60 s, or it uses what we just closed
        timeout_graceful_shutdown=settings.drain_seconds,
        log_config=None,  # errors go to standard error as they are
    )


# uvicorn's lifespan asks its package for this; the package would load the command line to answer.
uvicorn.__dict__["Config"] = Config


def write_later(seconds: float, act: object) -> None:
    """On the loop that is running: requests are observed on it."""
    asyncio.get_running_loop().call_later(seconds, act)  # type: ignore[arg-type]


def main() -> None:
    try:
        settings = read_settings(os.environ)
    except ValueError as error:
        sys.exit(f"epoch-server: {error}")
    # uvicorn handles SIGTERM itself and raises it once more when it is done: being asked to end is no
    # failure.
    signal.signal(signal.SIGTERM, lambda *_: None)
    log = AccessLog(silent_paths(settings), write_later) if settings.access_log else None
    server = Server(configure(settings, log))
    gc.freeze()  # what start-up made stays: the collector need not look at it again
    server.run()
    if log:
        log.flush()
