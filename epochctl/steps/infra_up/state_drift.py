"""Compares terraform's state with AWS without running terraform: seconds instead of a plan.

Reads the state's JSON, version 4.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from epochctl.outputs import Infrastructure
from epochctl.steps.infra_up import tfvars

# Addresses of the resources without which nothing works.
CHECKED = (
    "module.network.aws_vpc.",
    "module.network.aws_subnet.",
    "module.network.aws_nat_gateway.",
    "module.cluster.aws_eks_",
    "module.registry.aws_ecr_repository.",
)


@dataclass(frozen=True)
class StateDrift:
    """Addresses. known: in the state; gone: of those, not in the account; lost: in the account, not in the
    state. up: whether there is anything at all; ended: a state was written, and holds nothing any more."""

    known: tuple[str, ...]
    gone: tuple[str, ...]
    lost: tuple[str, ...]
    infrastructure: Infrastructure | None
    up: bool = True
    ended: bool = False


def compare(state: str, there: Mapping[str, str]) -> StateDrift:
    """Return the drift. state: the state's JSON, "" for none; there: address -> id of what exists."""
    document = json.loads(state) if state else {}
    known = tuple(_addresses(document))
    return StateDrift(
        known,
        tuple(name for name in known if name.startswith(CHECKED) and name not in there),
        tuple(name for name in there if name.startswith(CHECKED) and name not in known),
        outputs(state),
        up=bool(known or there),
        ended=bool(document) and not known,
    )


def outputs(state: str) -> Infrastructure | None:
    """Return the outputs of the last complete apply, or None where there was none."""
    document = json.loads(state) if state else {}
    values = {name: one.get("value") for name, one in (document.get("outputs") or {}).items()}
    return tfvars.parse_outputs(values) if values else None


def ids(state: str) -> frozenset[str]:
    """Return the id of every object in the state."""
    document = json.loads(state) if state else {}
    instances = (
        one for resource in document.get("resources") or [] for one in resource.get("instances") or []
    )
    return frozenset(str((one.get("attributes") or {}).get("id", "")) for one in instances)


def _addresses(document: Mapping[str, Any]) -> Iterator[str]:
    for resource in document.get("resources") or []:
        if resource.get("mode") != "managed":
            continue
        stem = ".".join(filter(None, (resource.get("module"), resource["type"], resource["name"])))
        for instance in resource.get("instances") or []:
            key = instance.get("index_key")
            yield stem if key is None else f"{stem}[{json.dumps(key)}]"
