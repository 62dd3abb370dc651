"""The [routing] settings: how several regions share one host name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

Weight = Annotated[int, Field(ge=0, le=255)]  # as Route 53 has it
ACTIVE = "active-active"
STANDBY = "primary-standby"


def _some(nodes: object) -> object:
    """Refuse 0: the controller that makes the load balancer runs on a node."""
    if nodes == 0:
        raise ValueError(
            "1 at least: on it runs what makes the load balancer that clients would be sent to; "
            "a standby without pods is standby_replicas = 0"
        )
    return nodes


class Routing(BaseModel):
    """Only of meaning with more than one region.

    active-active: every region answers, by the client's latency or by weights (equal where none is given).
    primary-standby: the first region answers; another only while the first is ill or drained. Until then it
    may be smaller: standby_replicas (0: no pods) and standby_nodes (1 at least), as large as the first where
    they are not given.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    policy: Literal["active-active", "primary-standby"] = "active-active"
    records: Literal["latency", "weighted"] = "latency"
    weights: dict[str, Weight] = {}
    standby_replicas: Annotated[int, Field(ge=0, le=100)] | None = None
    standby_nodes: Annotated[int, Field(ge=1, le=50), BeforeValidator(_some)] | None = None

    @property
    def kind(self) -> Literal["latency", "weighted", "failover"]:
        """Return the routing policy of the records, as Route 53 names it."""
        return "failover" if self.policy == STANDBY else self.records

    def weight(self, region: str) -> int:
        """Return the weight of one region: 1 where no weights are set, 0 for a region without one."""
        return self.weights.get(region, 0) if self.weights else 1


def problem(routing: Routing, regions: tuple[str, ...]) -> str:
    """Return what was expected where values do not fit together; "" where they do."""
    if len(regions) > 2 and routing.policy == STANDBY:
        return "two regions at most with primary-standby: failover records have one primary and one secondary"
    if routing.policy == STANDBY and (routing.records != "latency" or routing.weights):
        return "no records or weights with primary-standby: they are of active-active"
    if routing.policy == ACTIVE and (routing.standby_replicas, routing.standby_nodes) != (None, None):
        return 'standby_replicas and standby_nodes only with policy = "primary-standby"'
    return _weights_problem(routing.records, routing.weights, regions)


def _weights_problem(records: str, weights: Mapping[str, int], regions: tuple[str, ...]) -> str:
    if not weights:
        return ""
    if records != "weighted":
        return 'weights only with records = "weighted"'
    unknown = [region for region in weights if region not in regions]
    if unknown:
        return f"weights only of regions: {unknown[0]} is not among them"
    return "" if any(weights.values()) else "a weight above 0 for one region at least"
