"""Routing policies of Route 53: which record sets of a name answer a query."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from sandbox.moto_patches.route53_zones import Record
from sandbox.network.region_distance import distance

MULTIVALUE = 8  # answers at most
Healthy = Callable[[Record], bool]


def choose(records: Sequence[Record], healthy: Healthy, region: str) -> list[Record]:
    """The record sets, all of one name and type, that answer a resolver in the region `region`.

    Where none is healthy, Route 53 answers as if all were.
    """
    first = records[0] if records else None
    if first is None or not first.set_identifier:
        return list(records)
    if first.failover:
        return [_failover(records, healthy)]
    if first.weight is not None:
        return [_weighted(records, healthy)]
    good = [record for record in records if healthy(record)] or list(records)
    if first.region:
        return [min(good, key=lambda record: (distance(region, record.region), record.region))]
    return good[:MULTIVALUE]


def _failover(records: Sequence[Record], healthy: Healthy) -> Record:
    """The primary, unless it is unhealthy and a secondary is healthy."""
    ordered = sorted(records, key=lambda record: record.failover)  # PRIMARY comes before SECONDARY
    return next((record for record in ordered if healthy(record)), ordered[0])


def _weighted(records: Sequence[Record], healthy: Healthy) -> Record:
    """Those of weight 0 answer only where no other is healthy."""
    good = [record for record in records if healthy(record)] or list(records)
    weights = [record.weight or 0 for record in good]
    return random.choices(good, weights if any(weights) else None)[0]
