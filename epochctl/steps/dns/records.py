"""The host name's records: which there should be, and each region's share of the answers. Makes no requests.

Only Route 53 is read, no region's state or bucket, so that the outage of one region blocks no other. All
records of a name have one routing policy: a change of the policy changes all of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from epochctl.aws.route53 import HealthCheck, Observation, Placement, Record, is_healthy
from epochctl.config.settings import Settings

_BALANCER = re.compile(r"\.([a-z0-9-]+)\.elb\.amazonaws\.com(\.cn)?\.?$")


def region_of(record: Record) -> str:
    """Return a record's region by its set identifier or its load balancer's name, "" if unknown."""
    if record.placement:
        return record.placement.region
    found = _BALANCER.search(record.alias.dns_name.lower()) if record.alias else None
    return found[1] if found else ""


def records_of_others(records: Sequence[Record], region: str) -> tuple[Record, ...]:
    """Return the records of other regions. One of unknown region is replaced by the first that deploys."""
    return tuple(one for one in records if one.alias and region_of(one) not in ("", region))


def plan_records(
    settings: Settings, own: Record, region: str, check: str, records: Sequence[Record]
) -> tuple[Record, ...]:
    """Return all records, once `own` leads to the load balancer of `region`, whose health check is `check`.

    A region that is no longer in the settings keeps its record until `down`: it may still serve.
    """
    rest = records_of_others(records, region)
    if not settings.is_multi_region and not rest:
        return (own,)
    kind = settings.routing.kind if settings.is_multi_region else "latency"
    if kind == "failover":  # no more than one of each
        rest = tuple(one for one in rest if region_of(one) in settings.regions)
    kept = ((one, one.placement.health_check if one.placement else "") for one in rest)
    return tuple(
        replace(one, placement=_placement(settings, region_of(one) or region, kind, health))
        for one, health in ((own, check), *kept)
    )


def records_without(settings: Settings, region: str, records: Sequence[Record]) -> tuple[Record, ...]:
    """Return the records without those of `region`. A last one becomes simple if the settings say so."""
    rest = records_of_others(records, region)
    if len(rest) == 1 and not settings.is_multi_region and region_of(rest[0]) == settings.home:
        return (replace(rest[0], placement=None),)
    return rest


def _placement(settings: Settings, region: str, kind: str, check: str) -> Placement:
    weight = settings.routing.weight(region) if kind == "weighted" else 0
    return Placement(region, kind, weight, kind == "failover" and region == settings.home, check)


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


def answering_regions(shares: Iterable[RegionShare]) -> tuple[str, ...]:
    """Return the regions that clients may be sent to. If none is healthy, Route 53 takes all for healthy."""
    undrained = [one for one in shares if not one.drained]
    return tuple(one.region for one in undrained if one.answers) or tuple(one.region for one in undrained)


def region_share(
    record: Record, check: HealthCheck | None, observations: Sequence[Observation]
) -> RegionShare:
    """Return the share of one record, given its health check and what the checkers observed."""
    kind = record.placement.kind if record.placement else ""
    is_held = check is not None and check.is_held  # a held check is disabled: its last observations are void
    healthy = None if is_held else is_healthy(observations)
    return RegionShare(region_of(record), kind, check.is_drained if check else False, healthy)
