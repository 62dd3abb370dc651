"""Counts of requests and their durations, in Prometheus' text format 0.0.4.

The labels are bounded whatever clients send. Knows nothing of routes but the paths it is given names for.
"""

from __future__ import annotations

import os
import time
from bisect import bisect_left
from collections import Counter
from itertools import accumulate
from pathlib import Path

from starlette.types import Scope

from server.resource import NOT_FOUND, Answer, make_answer

BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0)  # seconds
METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})
MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """An observer of requests; `tell` is what Prometheus reads."""

    def __init__(self, paths: frozenset[str], started: float | None = None) -> None:
        self._paths = paths
        self._requests: Counter[tuple[str, str, int]] = Counter()
        self._buckets = [0] * (len(BUCKETS) + 1)
        self._seconds = 0.0
        self._started = time.time() if started is None else started

    def observe(self, scope: Scope, status: int, seconds: float) -> None:
        method, path = scope["method"], scope["path"]
        known = (method if method in METHODS else "other", path if path in self._paths else "other", status)
        self._requests[known] += 1
        self._buckets[bisect_left(BUCKETS, seconds)] += 1
        self._seconds += seconds

    def tell(self, scope: Scope) -> Answer:
        """For those in the cluster only: a load balancer adds X-Forwarded-For to what comes from outside."""
        if any(name == b"x-forwarded-for" for name, _ in scope["headers"]):
            return NOT_FOUND
        return make_answer(200, MEDIA_TYPE, self.text())

    def text(self) -> str:
        lines = [
            "# HELP epoch_http_requests_total Requests answered.",
            "# TYPE epoch_http_requests_total counter",
            *(
                f'epoch_http_requests_total{{method="{method}",path="{path}",status="{status}"}} {count}'
                for (method, path, status), count in sorted(self._requests.items())
            ),
            *self._durations(),
            *_gauge("process_start_time_seconds", "When the process began, in epoch seconds.", self._started),
            *_gauge("process_resident_memory_bytes", "Memory in use.", _resident()),
        ]
        return "\n".join(lines) + "\n"

    def _durations(self) -> list[str]:
        name = "epoch_http_request_duration_seconds"
        sums = list(accumulate(self._buckets))
        bounds = [*(str(bound) for bound in BUCKETS), "+Inf"]
        return [
            f"# HELP {name} Time from the request's last header to the end of its answer.",
            f"# TYPE {name} histogram",
            *(f'{name}_bucket{{le="{bound}"}} {count}' for bound, count in zip(bounds, sums, strict=True)),
            f"{name}_sum {self._seconds:.6f}",
            f"{name}_count {sums[-1]}",
        ]


def _gauge(name: str, about: str, value: float) -> tuple[str, str, str]:
    return f"# HELP {name} {about}", f"# TYPE {name} gauge", f"{name} {value:.15g}"


def _resident() -> int:
    """proc(5): the second number of statm is the resident set in pages."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")
    except (OSError, ValueError, IndexError):
        return 0
