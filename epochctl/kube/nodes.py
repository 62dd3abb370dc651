"""A node as a frozen fact, from the API server's JSON. Pure: knows no network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class NodeState:
    """why: the API server's words where it is not ready, or takes no pods."""

    name: str
    ready: bool
    why: str


def node_state(item: Mapping[str, Any]) -> NodeState:
    """A node from its JSON."""
    conditions = {one["type"]: one for one in item.get("status", {}).get("conditions", [])}
    condition = conditions.get("Ready", {})
    ready = condition.get("status") == "True"
    told = f"{condition.get('reason', 'no word')}: {condition.get('message', '')}".rstrip(": ")
    cordoned = "it is cordoned" if item.get("spec", {}).get("unschedulable") else ""
    return NodeState(item["metadata"]["name"], ready, cordoned if ready else told)
