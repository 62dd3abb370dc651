"""How long to watch somebody who is expected to work and does not."""

from __future__ import annotations

from collections.abc import Hashable

from epochctl.workflow.waiting import Clock


class StallTimer:
    """Ends when what is watched has looked the same for `seconds`; each change begins it anew."""

    def __init__(self, clock: Clock, seconds: float) -> None:
        self._clock, self.seconds = clock, seconds
        self._seen: Hashable = object()
        self._since = clock.now()

    def is_stalled(self, state: Hashable) -> bool:
        """Look once more: whether nothing has moved for too long."""
        if state != self._seen:
            self._seen, self._since = state, self._clock.now()
        return self._clock.now() - self._since >= self.seconds
