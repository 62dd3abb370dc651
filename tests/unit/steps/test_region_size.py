"""How large a region is now: Route 53 says whether the primary is drained; asked only where it counts."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from epochctl.config.routing import Routing
from epochctl.config.settings import Settings
from epochctl.steps import region_size

WEST, EAST = "us-west-2", "us-east-1"


def sizes(
    monkeypatch: pytest.MonkeyPatch, region: str, check: object, **routing: Any
) -> tuple[int, int, int]:
    """Nodes, pods, and how often Route 53 was asked."""
    asked = []

    def find(home: str) -> object:
        asked.append(home)
        return check

    monkeypatch.setattr(region_size, "HealthChecks", lambda *_: SimpleNamespace(find=find))
    settings = Settings(
        hostname="epoch.example.com", regions=(WEST, EAST), routing=Routing.model_validate(routing)
    )
    now = region_size.current_size(settings, region, cast("Any", None))
    assert set(asked) <= {WEST}
    return now.cluster.nodes, now.service.replicas, len(asked)


SMALL = {"policy": "primary-standby", "standby_nodes": 1, "standby_replicas": 0}


def test_a_standby_sleeps_while_the_primary_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    assert sizes(monkeypatch, EAST, SimpleNamespace(is_drained=False), **SMALL) == (1, 0, 1)
    assert sizes(monkeypatch, EAST, None, **SMALL) == (1, 0, 1)  # before anything was made


def test_it_is_awake_while_the_primary_is_drained(monkeypatch: pytest.MonkeyPatch) -> None:
    assert sizes(monkeypatch, EAST, SimpleNamespace(is_drained=True), **SMALL) == (2, 2, 1)


def test_nobody_is_asked_where_it_makes_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    drained = SimpleNamespace(is_drained=True)
    assert sizes(monkeypatch, WEST, drained, **SMALL) == (2, 2, 0)
    assert sizes(monkeypatch, EAST, drained, policy="primary-standby") == (2, 2, 0)
    assert sizes(monkeypatch, EAST, drained) == (2, 2, 0)
