"""What a drill was: what was done when, what the client saw each second, the numbers that follow. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from epochctl.failover.client import ProbeSecond


@dataclass(frozen=True)
class Told:
    """What Route 53's own servers answered at a moment."""

    at: float
    regions: tuple[str, ...]


@dataclass(frozen=True)
class DrillResult:
    """Times in seconds since the client began; None for what did not happen.

    served: whether the region answered here before. broken, mended: when that was done. ill: when the
    checkers saw it fail; woken: how long a sleeping standby took; well: when the checkers were content
    again; back: when the region answered here again. harmless: it went on serving, so nothing had to change.
    stopped: by a person, before all of it was seen.
    """

    region: str
    kind: str
    policy: str
    served: bool
    seconds: tuple[ProbeSecond, ...] = ()
    told: tuple[Told, ...] = ()
    broken: float = 0.0
    ill: float | None = None
    woken: float | None = None
    mended: float | None = None
    well: float | None = None
    back: float | None = None
    harmless: bool = False
    stopped: bool = False

    @property
    def detection(self) -> float | None:
        """From the break until its checkers saw it fail; Route 53 waits for three failures in a row."""
        return _since(self.ill, self.broken)

    @property
    def dns_change(self) -> float | None:
        """From the break until Route 53's servers answered without the region for good."""
        until = self.mended if self.mended is not None else float("inf")
        during = [one for one in self.told if self.broken <= one.at < until and one.regions]
        last = max((index for index, one in enumerate(during) if self.region in one.regions), default=-1)
        return _since(during[last + 1].at, self.broken) if last + 1 < len(during) else None

    @property
    def first_failure(self) -> ProbeSecond | None:
        return next((one for one in self._outage if not one.good), None)

    @property
    def recovery(self) -> float | None:
        """From the break until another region had answered, after the first failure where there was one."""
        start = self.first_failure.at if self.first_failure else self.broken
        found = next((one for one in self._outage if one.at >= start and self._elsewhere(one)), None)
        return _since(found.at + found.seconds, self.broken) if found else None

    @property
    def rto(self) -> float | None:
        """How long the client was without an answer: from its first failure to the answer of another region.

        0 where nothing failed; None where no other region ever answered.
        """
        if self.first_failure is None:
            return 0.0
        return (
            _since(self.broken + self.recovery, self.first_failure.at) if self.recovery is not None else None
        )

    @property
    def lost(self) -> int:
        """Requests without a good answer, from the break until the mending."""
        return sum(not one.good for one in self._outage)

    @property
    def asked(self) -> int:
        """Requests from the break until the mending."""
        return len(self._outage)

    @property
    def lost_back(self) -> int:
        """Requests without a good answer after the mending."""
        return sum(not one.good for one in self._after)

    @property
    def asked_back(self) -> int:
        """Requests after the mending."""
        return len(self._after)

    @property
    def healed(self) -> float | None:
        """From the mending until the checkers were content."""
        return _since(self.well, self.mended or 0.0)

    @property
    def returned(self) -> float | None:
        """From the mending until the region answered here again."""
        return _since(self.back, self.mended or 0.0)

    @property
    def _outage(self) -> tuple[ProbeSecond, ...]:
        until = self.mended if self.mended is not None else float("inf")
        return tuple(one for one in self.seconds if self.broken <= one.at < until)

    @property
    def _after(self) -> tuple[ProbeSecond, ...]:
        return tuple(one for one in self.seconds if self.mended is not None and one.at >= self.mended)

    def _elsewhere(self, second: ProbeSecond) -> bool:
        return second.good and second.region != self.region


def settled(seconds: Sequence[ProbeSecond], count: int, regions: set[str]) -> bool:
    """Whether each of the last `count` requests was answered well by one of these regions."""
    last = seconds[-count:]
    return len(last) == count and all(one.good and one.region in regions for one in last)


def _since(moment: float | None, start: float) -> float | None:
    return None if moment is None else max(0.0, moment - start)
