"""A clock of the test's own, for whatever waits: a sleep takes no time."""

from __future__ import annotations


class Clock:
    """seconds: how late it is."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds
