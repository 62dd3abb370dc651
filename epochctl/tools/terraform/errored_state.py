"""A state that terraform could not upload (errored.tfstate), against the one in its place. Knows no files.

A lineage is one state's life; its serial grows with each write. Only a later serial of the same life may
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
    """What tells two states apart. lineage: "" where there is none."""

    lineage: str
    serial: int
    content: str


def read(text: str) -> StateFile:
    """A state file's text; "" is no state."""
    if not text.strip():
        return StateFile("", 0, "")
    told = json.loads(text)
    held = {key: told.get(key) for key in ("resources", "outputs")}
    return StateFile(
        str(told.get("lineage", "")), int(told.get("serial", 0)), json.dumps(held, sort_keys=True)
    )


def compare(mine: StateFile, there: StateFile) -> Literal["newer", "older", "same", "foreign"]:
    """What `mine` is to the one that is there."""
    if not there.lineage:
        return "newer"
    if mine.lineage != there.lineage:
        return "foreign"
    if mine.serial == there.serial:
        return "same" if mine.content == there.content else "foreign"
    return "newer" if mine.serial > there.serial else "older"


def refusal(path: Path, mine: StateFile, there: StateFile) -> InfrastructureError:
    """Neither of the two may replace the other: a person decides."""
    return InfrastructureError(
        "the state that could not be uploaded does not follow the one that is there",
        why=f"{path}: lineage {mine.lineage}, serial {mine.serial}; in the bucket: lineage {there.lineage}, "
        f"serial {there.serial}",
        fix="somebody else has changed the state since; move that file away if it is not wanted any more",
    )
