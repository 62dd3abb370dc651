"""Counts of requests and their durations, in Prometheus' text format 0.0.4."""

from __future__ import annotations

import os
import time
from bisect import bisect_left
from collections import Counter
from itertools import accumulate
from pathlib import Path

from starlette.types import Scope

DURATION = "epoch_http_request_duration_seconds"
BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0)  # seconds
# Clients add no labels: any other method, and any path without a route, is counted as "other".
METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})
MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """Counts observed requests. paths: those that are counted by name."""

    def __init__(self, paths: frozenset[str]) -> None:
        self._paths = paths
        self._requests: Counter[tuple[str, str, int]] = Counter()
        self._buckets = [0] * (len(BUCKETS) + 1)
        self._seconds = 0.0
        self._started = time.time()

    def observe(self, scope: Scope, status: int, seconds: float) -> None:
        """Count a request that has been answered."""
        method, path = scope["method"], scope["path"]
        labels = (method if method in METHODS else "other", path if path in self._paths else "other", status)
        self._requests[labels] += 1
        self._buckets[bisect_left(BUCKETS, seconds)] += 1
        self._seconds += seconds

    def render(self) -> str:
        """Return the counts as Prometheus reads them."""
        sums = list(accumulate(self._buckets))
        buckets = zip((*BUCKETS, "+Inf"), sums, strict=True)
        lines = [
            "# HELP epoch_http_requests_total Requests answered.",
            "# TYPE epoch_http_requests_total counter",
            *(
                f'epoch_http_requests_total{{method="{method}",path="{path}",status="{status}"}} {count}'
                for (method, path, status), count in sorted(self._requests.items())
            ),
            f"# HELP {DURATION} Time from the request's last header to the end of its answer.",
            f"# TYPE {DURATION} histogram",
            *(f'{DURATION}_bucket{{le="{bound}"}} {count}' for bound, count in buckets),
            f"{DURATION}_sum {self._seconds:.6f}",
            f"{DURATION}_count {sums[-1]}",
            "# HELP process_start_time_seconds When the process began, in epoch seconds.",
            "# TYPE process_start_time_seconds gauge",
            f"process_start_time_seconds {self._started:.15g}",
            "# HELP process_resident_memory_bytes Memory in use.",
            "# TYPE process_resident_memory_bytes gauge",
            f"process_resident_memory_bytes {_resident()}",
        ]
        return "\n".join(lines) + "\n"


def _resident() -> int:
    """Read the resident set, the second number of statm, in pages (proc(5))."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")
    except (OSError, ValueError, IndexError):
        return 0
