"""One region's part of the host name as Route 53 has it now: would clients be sent there? Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from epochctl.aws.route53 import HealthCheck, Observation, Record, is_healthy
from epochctl.steps.dns.record_plan import region_of


@dataclass(frozen=True)
class RegionShare:
    """kind: latency, weighted, failover; "" of a name that is one region's alone. drained: by our will.

    healthy: as Route 53's checkers see it; None where there is no check, or none has looked yet.
    """

    region: str
    kind: str = ""
    drained: bool = False
    healthy: bool | None = None

    @property
    def answers(self) -> bool:
        """Whether clients may be sent there now; what nobody has looked at counts as well."""
        return not self.drained and self.healthy is not False


def answering(shares: Iterable[RegionShare]) -> tuple[str, ...]:
    """The regions that clients may be sent to. Where none is healthy Route 53 takes all for healthy."""
    undrained = [one for one in shares if not one.drained]
    return tuple(one.region for one in undrained if one.answers) or tuple(one.region for one in undrained)


def region_share(record: Record, check: HealthCheck | None, seen: Sequence[Observation]) -> RegionShare:
    """Of one record, its check, and what the checkers saw."""
    kind = record.placement.kind if record.placement else ""
    kept = (
        check is not None and check.is_held
    )  # in the answers: what its checkers saw last counts for nothing
    return RegionShare(
        region_of(record), kind, check.is_drained if check else False, None if kept else is_healthy(seen)
    )
