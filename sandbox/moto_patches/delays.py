"""Delays of AWS, at a scale: how long AWS takes to create a resource. At scale 0 there is no delay."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

AWS_SECONDS = {"certificate": 180.0, "cluster": 540.0, "node group": 180.0, "nat": 120.0, "balancer": 120.0}
"""Seconds on AWS, as people see them."""

_scale = 0.0


def set_scale(scale: float) -> None:
    global _scale
    _scale = scale


def seconds(what: str) -> float:
    """What it takes now."""
    return AWS_SECONDS[what] * _scale


def wait_until_done(what: str, began: float) -> None:
    """Sleep for what is left of it since `began` (time.monotonic)."""
    time.sleep(max(0.0, began + seconds(what) - time.monotonic()))


def call_when_done(what: str, done: Callable[[], None]) -> None:
    """Call `done` when it is over; at once where it takes no time."""
    if seconds(what):
        timer = threading.Timer(seconds(what), done)
        timer.daemon = True
        timer.start()
    else:
        done()
