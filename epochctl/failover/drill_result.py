"""The result of a drill: what happened when, what the client saw each second, and the numbers that follow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from epochctl.failover.client import Probe


@dataclass(frozen=True)
class DnsAnswer:
    """The regions that Route 53's own servers answered with at a moment, in seconds as in DrillResult."""

    at: float
    regions: tuple[str, ...]


@dataclass(frozen=True)
class DrillResult:
    """Moments are in seconds since the client began, and None if it did not come to that.

    region: the one that was broken; kind: of the injection; policy: of the routing.
    served_before: whether this machine was answered by the region before the break.
    broken_at, repaired_at: when that was done. failed_at, healthy_at: when Route 53's checkers saw the region
    fail, and saw it healthy after the repair; serves_at: when it answered this machine again.
    scale_up_seconds: how long scaling the standby up took.
    is_harmless: no client was affected, so nothing had to fail over. is_stopped: by Ctrl-C, before its end.
    """

    region: str
    kind: str
    policy: str
    served_before: bool
    probes: tuple[Probe, ...] = ()
    dns_answers: tuple[DnsAnswer, ...] = ()
    broken_at: float = 0.0
    failed_at: float | None = None
    scale_up_seconds: float | None = None
    repaired_at: float | None = None
    healthy_at: float | None = None
    serves_at: float | None = None
    is_harmless: bool = False
    is_stopped: bool = False

    @property
    def detection(self) -> float | None:
        """Return the seconds from the break until Route 53's checkers saw the region fail.

        Route 53 waits for three failures in a row.
        """
        return _since(self.failed_at, self.broken_at)

    @property
    def dns_change(self) -> float | None:
        """Return the seconds from the break until Route 53's servers answered without the region for good."""
        during = [one for one in self.dns_answers if self.broken_at <= one.at < self._repair and one.regions]
        last = max((index for index, one in enumerate(during) if self.region in one.regions), default=-1)
        return _since(during[last + 1].at, self.broken_at) if last + 1 < len(during) else None

    @property
    def first_failure(self) -> Probe | None:
        """Return the first failed request after the break."""
        return next((one for one in self._outage if not one.is_ok), None)

    @property
    def recovery(self) -> float | None:
        """Return the seconds from the break until another region answered, after the first failure if any."""
        start = self.first_failure.at if self.first_failure else self.broken_at
        found = next((one for one in self._outage if one.at >= start and self._is_elsewhere(one)), None)
        return _since(found.at + found.seconds, self.broken_at) if found else None

    @property
    def rto(self) -> float | None:
        """Return the seconds from the client's first failure to the answer of another region.

        0 if no request failed; None if no other region answered.
        """
        if self.first_failure is None:
            return 0.0
        if self.recovery is None:
            return None
        return _since(self.broken_at + self.recovery, self.first_failure.at)

    @property
    def lost(self) -> int:
        """Return the number of failed requests from the break until the repair."""
        return sum(not one.is_ok for one in self._outage)

    @property
    def requests(self) -> int:
        """Return the number of requests from the break until the repair."""
        return len(self._outage)

    @property
    def lost_after_repair(self) -> int:
        """Return the number of failed requests after the repair."""
        return sum(not one.is_ok for one in self._after_repair)

    @property
    def requests_after_repair(self) -> int:
        """Return the number of requests after the repair."""
        return len(self._after_repair)

    @property
    def healthy_after(self) -> float | None:
        """Return the seconds from the repair until Route 53's checkers saw the region healthy."""
        return _since(self.healthy_at, self.repaired_at or 0.0)

    @property
    def serves_after(self) -> float | None:
        """Return the seconds from the repair until the region answered this machine again."""
        return _since(self.serves_at, self.repaired_at or 0.0)

    @property
    def _repair(self) -> float:
        return self.repaired_at if self.repaired_at is not None else float("inf")

    @property
    def _outage(self) -> tuple[Probe, ...]:
        return tuple(one for one in self.probes if self.broken_at <= one.at < self._repair)

    @property
    def _after_repair(self) -> tuple[Probe, ...]:
        return tuple(one for one in self.probes if one.at >= self._repair)

    def _is_elsewhere(self, probe: Probe) -> bool:
        return probe.is_ok and probe.region != self.region


def all_answered(probes: Sequence[Probe], count: int, regions: set[str]) -> bool:
    """Return whether each of the last `count` requests was answered by one of these regions."""
    last = probes[-count:]
    return len(last) == count and all(one.is_ok and one.region in regions for one in last)


def _since(moment: float | None, start: float) -> float | None:
    return None if moment is None else max(0.0, moment - start)
