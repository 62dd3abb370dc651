"""What a diagnosis found out about one layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from epochctl.command import Command

State = Literal["ok", "note", "absent", "wrong", "unknown"]


@dataclass(frozen=True)
class Finding:
    """The state of one layer.

    state: note is worth knowing and no cause; unknown could not be asked. cause: what was seen, or why it is
    not right; next: the command to run, "" for none.
    """

    layer: str
    state: State
    cause: str
    next: str = ""

    @property
    def is_cause(self) -> bool:
        """Return whether it keeps the service from answering."""
        return self.state in ("absent", "wrong")


def ok(layer: str, seen: str) -> Finding:
    """Return a finding of a layer that is right. seen: what shows it."""
    return Finding(layer, "ok", seen)


def wrong(layer: str, cause: str, next: str) -> Finding:
    """Return a finding of a layer that is there and does not work."""
    return Finding(layer, "wrong", cause, next)


def absent(layer: str, cause: str, next: str = Command("up")) -> Finding:
    """Return a finding of a layer that does not exist."""
    return Finding(layer, "absent", cause, next)
