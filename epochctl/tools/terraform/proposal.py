"""A plan as something to review: what it would do and why, whole, with a hash that tells it from any other.

Reads what `terraform show` tells of a plan file; knows no file, no program and nobody who reviews.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

RISKY = ("delete", "replace")
_ACTIONS = {
    ("create",): "create",
    ("update",): "update",
    ("delete",): "delete",
    ("delete", "create"): "replace",
    ("create", "delete"): "replace",
    ("forget",): "forget",
}
_REASONS = {
    "replace_because_tainted": "its last creation failed half way",
    "replace_because_cannot_update": "cannot be changed in place",
    "replace_by_request": "asked for",
    "replace_by_triggers": "something it follows is replaced",
    "delete_because_no_resource_config": "is not in the configuration any more",
    "delete_because_no_module": "its module is not in the configuration any more",
    "delete_because_wrong_repetition": "its count or for_each is not what it was",
    "delete_because_count_index": "the count is smaller than it was",
    "delete_because_each_key": "its key is not in for_each any more",
    "delete_because_no_move_target": "what it was moved to is not in the configuration",
}
_FLEETING = "epochctl:expires"  # counted from the moment of the plan: no plan would be like another


@dataclass(frozen=True)
class Move:
    """One change. action: create, update, replace, delete, adopt or forget; why: in words, "" for most."""

    address: str
    action: str
    why: str = ""

    @property
    def risky(self) -> bool:
        return self.action in RISKY


@dataclass(frozen=True)
class Proposal:
    """A plan for one region. serial, lineage: of the state that it was made against (0 and "": none yet).

    hash: of what would change from what to what. text: as terraform shows it to people. commit and inputs:
    where the files came from, and a digest of those that the plan depends on; "" outside of git.
    """

    region: str
    serial: int
    lineage: str
    hash: str
    moves: tuple[Move, ...] = ()
    text: str = ""
    commit: str = ""
    inputs: str = ""

    def written(self) -> str:
        """As JSON, for a file."""
        return json.dumps(asdict(self), indent=1) + "\n"

    @property
    def risks(self) -> tuple[Move, ...]:
        return tuple(move for move in self.moves if move.risky)


def read(text: str) -> Proposal:
    """What `written` wrote. Raises ValueError for anything else."""
    try:
        told = json.loads(text)
        moves = tuple(Move(**move) for move in told.pop("moves", ()))
        return Proposal(moves=moves, **told)
    except (TypeError, AttributeError) as error:
        raise ValueError(str(error)) from error


def moves(shown: Mapping[str, Any]) -> tuple[Move, ...]:
    """Of `terraform show -json PLAN`, by address; what only is read or stays is left out."""
    found = [_move(change) for change in shown.get("resource_changes", ())]
    return tuple(sorted((move for move in found if move), key=lambda move: move.address))


def fingerprint(shown: Mapping[str, Any]) -> str:
    """The same for two plans that would do the same to the same state, whoever makes them."""
    resources = sorted((_essence(one) for one in _changing(shown)), key=lambda each: str(each["address"]))
    outputs = {name: _difference(one) for name, one in shown.get("output_changes", {}).items()}
    told = json.dumps([resources, outputs], sort_keys=True, separators=(",", ":"))
    return "sha256:" + hashlib.sha256(told.encode()).hexdigest()


def _changing(shown: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    return (one for one in shown.get("resource_changes", ()) if _action(one))


def _action(one: Mapping[str, Any]) -> str:
    if one.get("mode") == "data":
        return ""
    change = one["change"]
    return "adopt" if change.get("importing") else _ACTIONS.get(tuple(change["actions"]), "")


def _move(one: Mapping[str, Any]) -> Move | None:
    action = _action(one)
    return Move(one["address"], action, _why(one)) if action else None


def _why(one: Mapping[str, Any]) -> str:
    reason = str(one.get("action_reason", ""))
    words = _REASONS.get(reason, reason.replace("_", " "))
    paths = [".".join(str(part) for part in path) for path in one["change"].get("replace_paths", ())]
    if paths and (not words or reason == "replace_because_cannot_update"):
        return f"{', '.join(dict.fromkeys(paths))}: {_REASONS['replace_because_cannot_update']}"
    return words


def _essence(one: Mapping[str, Any]) -> dict[str, Any]:
    change = one["change"]
    return {
        "address": one["address"],
        "deposed": one.get("deposed", ""),
        "from": one.get("previous_address", ""),
        "actions": change["actions"],
        "adopted": (change.get("importing") or {}).get("id", ""),
        "difference": _difference(change),
    }


def _difference(change: Mapping[str, Any]) -> Any:
    """Only the attributes that change: others may move by themselves, such as a status."""
    before, after = change.get("before"), change.get("after")
    if not isinstance(before, dict) or not isinstance(after, dict):
        gone = isinstance(before, dict) and after is None  # all of it goes, whatever it has become
        return [None if gone else _lasting(before), _lasting(after), change.get("after_unknown")]
    unknown = change.get("after_unknown") or {}
    names = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    names |= {name for name in unknown if unknown[name]}
    return {
        name: [_lasting(before.get(name)), _lasting(after.get(name)), unknown.get(name, False)]
        for name in names
    }


def _lasting(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _lasting(one) for key, one in value.items() if key != _FLEETING}
    return [_lasting(one) for one in value] if isinstance(value, list) else value
