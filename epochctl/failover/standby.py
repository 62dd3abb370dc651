"""A standby that sleeps is woken beside everything else that happens in a drill. Knows not how."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

WAKING = 900.0  # seconds that it may take


@dataclass(frozen=True)
class Standby:
    """A sleeping standby, which is woken when the region that is broken is seen to be ill."""

    region: str
    wake: Callable[[str], None]
    rest: Callable[[str], None]


class StandbyWakeup:
    """A standby being woken, beside everything else."""

    def __init__(self, standby: Standby) -> None:
        self._standby, self._start = standby, time.monotonic()
        self._error: list[Exception] = []
        self.took = 0.0  # seconds, when it has ended
        self._thread = threading.Thread(target=self._work, name="waking", daemon=True)
        self._thread.start()

    @property
    def ended(self) -> bool:
        """Whether it is awake. Raises what kept it asleep."""
        if self._error:
            raise self._error[0]
        return not self._thread.is_alive()

    def join(self) -> None:
        """Until nobody is at work on it."""
        self._thread.join(WAKING)

    def _work(self) -> None:
        try:
            self._standby.wake(self._standby.region)
        except Exception as error:
            self._error.append(error)
        self.took = time.monotonic() - self._start
