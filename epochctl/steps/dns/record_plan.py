"""Which records of the host name there should be, given those that there are. Pure.

The truth about several regions is in Route 53 alone: no region's state or bucket is asked, so the outage of
one stands in nobody's way. All records of a name have one policy: a change of it changes all of them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from epochctl.aws.route53 import Placement, Record
from epochctl.config.settings import Settings

_BALANCER = re.compile(r"\.([a-z0-9-]+)\.elb\.amazonaws\.com(\.cn)?\.?$")


def region_of(record: Record) -> str:
    """Whose it is: by its set identifier, or by its load balancer's name; "" where neither tells."""
    if record.placement:
        return record.placement.region
    found = _BALANCER.search(record.alias.dns_name.lower()) if record.alias else None
    return found[1] if found else ""


def others(present: Sequence[Record], region: str) -> tuple[Record, ...]:
    """Those of other regions. One that tells no region is replaced by whoever comes first."""
    return tuple(one for one in present if one.alias and region_of(one) not in ("", region))


def plan_records(
    settings: Settings, own: Record, region: str, check: str, present: Sequence[Record]
) -> tuple[Record, ...]:
    """All of them, once `own` leads to the load balancer of `region`, whose health check is `check`.

    A region that is no longer in the settings keeps its record until it is taken down; it may still serve.
    """
    rest = others(present, region)
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


def remaining(settings: Settings, region: str, present: Sequence[Record]) -> tuple[Record, ...]:
    """What stays when `region` goes. The last one is simple again, where the settings want no second."""
    rest = others(present, region)
    if len(rest) == 1 and not settings.is_multi_region and region_of(rest[0]) == settings.home:
        return (replace(rest[0], placement=None),)
    return rest


def _placement(settings: Settings, region: str, kind: str, check: str) -> Placement:
    weight = settings.routing.weight(region) if kind == "weighted" else 0
    return Placement(region, kind, weight, kind == "failover" and region == settings.home, check)
