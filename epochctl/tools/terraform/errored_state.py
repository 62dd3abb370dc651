"""A state that Terraform could not upload (errored.tfstate), compared with the one in the backend.

A lineage is one state's life; its serial grows with each write. Only a later serial of the same lineage may
replace an earlier one.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from epochctl.errors import InfrastructureError


@dataclass(frozen=True)
class StateFile:
    """What distinguishes two states. lineage: "" where there is none."""

    lineage: str
    serial: int
    content: str


def read(text: str) -> StateFile:
    """Return the state in a file's text; "" is no state."""
    if not text.strip():
        return StateFile("", 0, "")
    state = json.loads(text)
    held = {key: state.get(key) for key in ("resources", "outputs")}
    return StateFile(
        str(state.get("lineage", "")), int(state.get("serial", 0)), json.dumps(held, sort_keys=True)
    )


def compare(local: StateFile, remote: StateFile) -> Literal["newer", "older", "same", "unrelated"]:
    """Return what `local` is to `remote`."""
    if not remote.lineage:
        return "newer"
    if local.lineage != remote.lineage:
        return "unrelated"
    if local.serial == remote.serial:
        return "same" if local.content == remote.content else "unrelated"
    return "newer" if local.serial > remote.serial else "older"


def conflict(path: Path, local: StateFile, remote: StateFile) -> InfrastructureError:
    """Return the error for two states of which neither may replace the other."""
    return InfrastructureError(
        "the state that could not be uploaded does not follow the one that is there",
        why=f"{path}: lineage {local.lineage}, serial {local.serial}; "
        f"in the bucket: lineage {remote.lineage}, serial {remote.serial}",
        fix="somebody else has changed the state since; move that file away if it is not wanted any more",
    )
