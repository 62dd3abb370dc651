"""A standby that is smaller than the primary, and scaling it up in a thread while a drill goes on."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

SCALE_UP_DEADLINE = 900.0  # seconds


@dataclass(frozen=True)
class StandbySizing:
    """How a standby's size is changed. Both functions take the region and return when it is done.

    scale_up makes it as large as it must be to serve; scale_down as small as the settings have a standby.
    """

    scale_up: Callable[[str], None]
    scale_down: Callable[[str], None]


@dataclass(frozen=True)
class Standby:
    """A standby that must be scaled up when the primary fails."""

    region: str
    sizing: StandbySizing


class StandbyScaleUp:
    """Scales a standby up in a thread, from its construction on. seconds: how long it took, once it ended."""

    def __init__(self, standby: Standby) -> None:
        self._standby, self._start = standby, time.monotonic()
        self._error: Exception | None = None
        self.seconds = 0.0
        self._thread = threading.Thread(target=self._run, name="scale-up", daemon=True)
        self._thread.start()

    @property
    def has_ended(self) -> bool:
        """Return whether the standby can serve. Raises what kept it from being scaled up."""
        if self._error is not None:
            raise self._error
        return not self._thread.is_alive()

    def join(self) -> None:
        """Wait for the end, for SCALE_UP_DEADLINE at most."""
        self._thread.join(SCALE_UP_DEADLINE)

    def _run(self) -> None:
        try:
            self._standby.sizing.scale_up(self._standby.region)
        except Exception as error:
            self._error = error
        self.seconds = time.monotonic() - self._start
