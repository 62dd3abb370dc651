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
    """Addresses of resources: in the state, of these missing in AWS, and in AWS but not in the state.

    has_resources: in the state or in AWS; is_destroyed: the state exists and is empty.
    """

    in_state: tuple[str, ...]
    missing: tuple[str, ...]
    untracked: tuple[str, ...]
    infrastructure: Infrastructure | None
    has_resources: bool = True
    is_destroyed: bool = False


def compare_state(state: str, existing: Mapping[str, str]) -> StateDrift:
    """Return the drift. state: the state's JSON, "" for none; existing: address -> id of what AWS has."""
    document = json.loads(state) if state else {}
    in_state = tuple(_addresses(document))
    return StateDrift(
        in_state,
        tuple(name for name in in_state if name.startswith(CHECKED) and name not in existing),
        tuple(name for name in existing if name.startswith(CHECKED) and name not in in_state),
        outputs(state),
        has_resources=bool(in_state or existing),
        is_destroyed=bool(document) and not in_state,
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
