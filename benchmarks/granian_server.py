"""The same application on granian, for the comparison: one worker, one thread, as ours has."""

from __future__ import annotations

import os

from granian.constants import Interfaces
from granian.server import Server

from server.app import create_app
from server.settings import Settings

app = create_app(Settings())

if __name__ == "__main__":
    Server(
        "benchmarks.granian_server:app",
        address="127.0.0.1",
        port=int(os.environ["PORT"]),
        interface=Interfaces.ASGINL,
        workers=1,
        log_enabled=False,
    ).serve()
