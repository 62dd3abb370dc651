"""How large a region is now: Route 53 says whether the primary is drained; asked only where it counts."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

from epochctl.config.routing import Routing
from epochctl.config.settings import Settings
from epochctl.steps.catalog import current_size

WEST, EAST = "us-west-2", "us-east-1"


def sizes(region: str, check: object, **routing: Any) -> tuple[int, int, int]:
    """Nodes, pods, and how often Route 53 was asked."""
    asked = []

    def find(home: str) -> object:
        asked.append(home)
        return check

    health = cast("Any", SimpleNamespace(find=find))
    settings = Settings(
        hostname="epoch.example.com", regions=(WEST, EAST), routing=Routing.model_validate(routing)
    )
    now = current_size(settings, region, cast("Any", None), health)
    assert set(asked) <= {WEST}
    return now.cluster.nodes, now.service.replicas, len(asked)


SMALL = {"policy": "primary-standby", "standby_nodes": 1, "standby_replicas": 0}


def test_a_standby_sleeps_while_the_primary_serves() -> None:
    assert sizes(EAST, SimpleNamespace(is_drained=False), **SMALL) == (1, 0, 1)
    assert sizes(EAST, None, **SMALL) == (1, 0, 1)  # before anything was made


def test_it_is_awake_while_the_primary_is_drained() -> None:
    assert sizes(EAST, SimpleNamespace(is_drained=True), **SMALL) == (2, 2, 1)


def test_nobody_is_asked_where_it_makes_no_difference() -> None:
    drained = SimpleNamespace(is_drained=True)
    assert sizes(WEST, drained, **SMALL) == (2, 2, 0)
    assert sizes(EAST, drained, policy="primary-standby") == (2, 2, 0)
    assert sizes(EAST, drained) == (2, 2, 0)
