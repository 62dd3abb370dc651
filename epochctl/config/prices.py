"""The dated table of prices, prices.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from epochctl.config import package_files

TABLE = package_files.find("prices.toml")
MONTH = 730  # hours, as AWS counts a month


@dataclass(frozen=True)
class Prices:
    """US dollars an hour in one region, on demand; disk: a GB; health_check: one; nodes: by type."""

    region: str
    dated: date
    control_plane: float
    address: float
    nat: float
    load_balancer: float
    disk: float
    health_check: float
    nodes: Mapping[str, float]


def prices(region: str) -> Prices | None:
    """Return the prices of a region; None where the table has none."""
    table = _table()
    listed = table["regions"].get(region)
    if listed is None:
        return None
    local = table["regions"][listed["same_as"]] if "same_as" in listed else listed
    return Prices(
        region=region,
        dated=table["dated"],
        control_plane=table["everywhere"]["control_plane"],
        address=table["everywhere"]["address"],
        nat=local["nat"],
        load_balancer=local["load_balancer"],
        disk=local["disk_month"] / MONTH,
        health_check=table["everywhere"]["health_check_month"] / MONTH,
        nodes=local["nodes"],
    )


def regions() -> tuple[str, ...]:
    """Return the regions of the table."""
    return tuple(_table()["regions"])


def dated() -> date:
    """Return the day of the table's last review."""
    day: date = _table()["dated"]
    return day


def _table() -> dict[str, Any]:
    return tomllib.loads(TABLE.read_text(encoding="utf-8"))
