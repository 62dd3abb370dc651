"""What one layer looks like: a frozen fact. Knows no layer in particular."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "note", "absent", "wrong", "unknown"]


@dataclass(frozen=True)
class Finding:
    """note: worth knowing, not a cause; unknown: could not be asked, `cause` says why. next: a command."""

    layer: str
    state: State
    cause: str
    next: str = ""

    @property
    def guilty(self) -> bool:
        """Whether it keeps the service from answering."""
        return self.state in ("absent", "wrong")


def ok(layer: str, seen: str) -> Finding:
    return Finding(layer, "ok", seen)


def wrong(layer: str, cause: str, next: str) -> Finding:
    return Finding(layer, "wrong", cause, next)


def absent(layer: str, cause: str, next: str = "epochctl up") -> Finding:
    return Finding(layer, "absent", cause, next)
