"""One region's part of the host name in Route 53: whether clients are sent there. Makes no requests."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from epochctl.aws.route53 import HealthCheck, Observation, Record, verdict
from epochctl.steps.dns.record_plan import region_of


@dataclass(frozen=True)
class RegionShare:
    """One region. kind: latency, weighted or failover, "" for a simple record; drained: by `failover`.

    healthy: as Route 53's health checkers see it; None where there is no check, or no result yet.
    """

    region: str
    kind: str = ""
    drained: bool = False
    healthy: bool | None = None

    @property
    def answers(self) -> bool:
        """Return whether clients may be sent there now; unknown health counts as healthy, as in Route 53."""
        return not self.drained and self.healthy is not False


def answering(shares: Iterable[RegionShare]) -> tuple[str, ...]:
    """Return the regions that clients may be sent to. If none is healthy, Route 53 takes all for healthy."""
    undrained = [one for one in shares if not one.drained]
    return tuple(one.region for one in undrained if one.answers) or tuple(one.region for one in undrained)


def region_share(
    record: Record, check: HealthCheck | None, observations: Sequence[Observation]
) -> RegionShare:
    """Return the share of one record, given its health check and what the checkers observed."""
    kind = record.placement.kind if record.placement else ""
    is_held = check is not None and check.kept  # a held check is disabled: its last observations are void
    healthy = None if is_held else verdict(observations)
    return RegionShare(region_of(record), kind, check.drained if check else False, healthy)
