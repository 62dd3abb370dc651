"""The cache of a recursive resolver: routed answers are kept for their TTL."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class CachedAnswer:
    """Values of one name and type, and for how many seconds they may be kept."""

    ttl: int
    values: tuple[str, ...]


class Resolver:
    """Who asks Route 53 in the name of clients. Thread-safe."""

    def __init__(
        self, region: str, *, caches: bool = True, now: Callable[[], float] = time.monotonic
    ) -> None:
        """caches: False for a client that queries the zone's own servers each time."""
        self.region = region
        self._caches = caches
        self._now = now
        self._lock = threading.Lock()
        self._kept: dict[tuple[str, str], tuple[float, CachedAnswer]] = {}

    def cached(self, name: str, kind: str) -> CachedAnswer | None:
        """What is remembered, with what is left of its time."""
        with self._lock:
            until, answer = self._kept.get((name, kind), (0.0, CachedAnswer(0, ())))
            left = until - self._now()
            return CachedAnswer(max(1, int(left)), answer.values) if left > 0 else None

    def store(self, name: str, kind: str, answer: CachedAnswer) -> None:
        """Remember it for its TTL; an answer without values is not one."""
        if self._caches and answer.values:
            with self._lock:
                self._kept[name, kind] = self._now() + answer.ttl, answer
