"""A recursive resolver's memory: routed answers are kept for their TTL, as resolvers on the internet do.

Stands in a region; knows no zone.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Answer:
    """Values of one name and type, and for how many seconds they may be kept."""

    ttl: int
    values: tuple[str, ...]


class Resolver:
    """Who asks Route 53 in the name of clients. Thread-safe."""

    def __init__(
        self, region: str, *, remembers: bool = True, now: Callable[[], float] = time.monotonic
    ) -> None:
        """remembers: False for one who asks the zone's own servers each time."""
        self.region = region
        self._remembers = remembers
        self._now = now
        self._lock = threading.Lock()
        self._kept: dict[tuple[str, str], tuple[float, Answer]] = {}

    def recall(self, name: str, kind: str) -> Answer | None:
        """What is remembered, with what is left of its time."""
        with self._lock:
            until, answer = self._kept.get((name, kind), (0.0, Answer(0, ())))
            left = until - self._now()
            return Answer(max(1, int(left)), answer.values) if left > 0 else None

    def keep(self, name: str, kind: str, answer: Answer) -> None:
        """Remember it for its TTL; an answer without values is not one."""
        if self._remembers and answer.values:
            with self._lock:
                self._kept[name, kind] = self._now() + answer.ttl, answer
