"""Time that is needed against time that is left: a run, or a step, that cannot end well is not begun.

Where the seconds come from, and what it is that runs out, is the caller's.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from epochctl.durations import format_duration
from epochctl.errors import CredentialsError
from epochctl.workflow.graph import Edges

MARGIN = 1.5
FIX = "sign in again, then run the same command"


@dataclass(frozen=True)
class Remaining:
    """seconds until the credentials end. renewed: their source gives new ones by itself, before they do."""

    seconds: float
    until: datetime
    source: str
    renewed: bool


class Budget:
    """Called with a step's name it is a runner's gate. remaining: now; None: no end is known."""

    def __init__(
        self,
        command: str,
        expected: Mapping[str, float],
        remaining: Callable[[], Remaining | None],
        renew: Callable[[], Remaining | None],
        say: Callable[[str], None],
    ) -> None:
        self._run_name, self._expected = command, expected
        self._remaining, self._renew, self._say = remaining, renew, say

    def begin(self, edges: Edges, due: Callable[[], Collection[str]]) -> None:
        """Refuse a run that would outlast the credentials. due: asked only where all of it would."""
        left = self._remaining()
        if left is None:
            return
        needed = self.needed(edges, edges)
        if not _lasts(left, needed):
            needed = self.needed(edges, due())
        if not _lasts(left, needed):
            left = self._renew() or left
        words = f"{self._run_name} takes about {_numbers(needed)}"
        if not _lasts(left, needed):
            raise _refusal(f"the credentials will not last for `epochctl {self._run_name}`", left, words)
        self._say(f"{_left(left)}; {words}")

    def __call__(self, name: str) -> None:
        """Refuse a step that would outlast them."""
        left = self._remaining()
        needed = self._expected.get(name, 0.0)
        if left is not None and not _lasts(left, needed):
            words = f"{name} takes about {_numbers(needed)}"
            raise _refusal(f"{name} is not begun: the credentials will not last", left, words)

    def needed(self, edges: Edges, due: Collection[str]) -> float:
        """Seconds along the longest way through what is due; side by side counts once."""
        ends: dict[str, float] = {}

        def end(name: str) -> float:
            if name not in ends:
                own = self._expected.get(name, 0.0) if name in due else 0.0
                ends[name] = own + max((end(before) for before in edges[name]), default=0.0)
            return ends[name]

        return max((end(name) for name in edges), default=0.0)


def _lasts(left: Remaining, needed: float) -> bool:
    return left.renewed or left.seconds >= needed * MARGIN


def _numbers(needed: float) -> str:
    return f"{format_duration(needed)}, × {MARGIN} = {format_duration(needed * MARGIN)}"


def _left(left: Remaining) -> str:
    more = f", renewed by their source ({left.source})" if left.renewed else ""
    return f"the credentials last another {format_duration(left.seconds)}{more}"


def _refusal(what: str, left: Remaining, words: str) -> CredentialsError:
    return CredentialsError(what, why=f"{_left(left)}, until {left.until:%H:%M:%S UTC}; {words}", fix=FIX)
