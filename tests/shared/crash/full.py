"""The long form: every cell by itself, `up` from an empty account and `down` from a service that is up.

The order is such that one cell's end is the next one's beginning.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from sandboxed import Sandbox

from crash import findings
from crash.cell import Cell
from crash.killing import KILLS
from crash.moments import Moment
from crash.running import Run, run

Say = Callable[[str], None]

COMMANDS = ("up", "down")


@dataclass(frozen=True)
class Wanted:
    """A cell that is to be measured."""

    moment: Moment
    kill: str
    then: str

    @property
    def begins(self) -> str:
        return "empty" if self.moment.command == "up" else "up"


def wanted(moments: Sequence[Moment], kills: Sequence[str], then: Sequence[str] = COMMANDS) -> list[Wanted]:
    """Each command after each kill."""
    return [Wanted(moment, kill, command) for moment in moments for kill in kills for command in then]


class Full:
    """Measures cells in one world until they are all done, or it is over."""

    def __init__(self, sandbox: Sandbox, over: Callable[[], bool], say: Say) -> None:
        self._sandbox, self._over, self._say = sandbox, over, say
        self._before = sandbox.inventory()
        self._state = "empty"
        self.cells: list[Cell] = []

    def measure(self, todo: Sequence[Wanted]) -> Iterator[Cell]:
        """One cell after the other."""
        rest = list(todo)
        while rest and not self._over():
            following = next((each for each in rest if each.begins == self._state), None)
            if following is None:
                if not self._prepare("up" if self._state == "empty" else "down"):
                    return
                continue
            rest.remove(following)
            yield from self._cell(following)
        if self._state == "up":
            self._prepare("down")

    def _prepare(self, command: str) -> bool:
        """Undisturbed; what it finds left is the last cell's."""
        ended = run(self._sandbox, command)
        why = findings.succeeded(ended)
        left = self._settle(command, why)
        if left and self.cells:
            self.cells[-1] = replace(self.cells[-1], left=self.cells[-1].left + left)
        if why:
            self._say(f"{command} without a kill: {why}")
        return not why

    def _cell(self, each: Wanted) -> Iterator[Cell]:
        kill = KILLS[each.kill]
        killed = run(self._sandbox, each.moment.command, [each.moment], lambda _, process: kill(process))
        if killed.met is None:
            self._say(f"{each.moment}: did not come (exit {killed.code})")
            self._settle(killed.command, findings.succeeded(killed))
            return
        shot = self._sandbox.inventory()
        ended = run(self._sandbox, each.then)
        self.cells.append(self._judged(each, killed, shot, ended))
        self._say(f"{self.cells[-1].event}, {each.kill}, then {each.then}: {self.cells[-1].outcome}")
        yield self.cells[-1]

    def _judged(self, each: Wanted, killed: Run, shot: Sequence[str], ended: Run) -> Cell:
        why = findings.succeeded(ended)
        outcome = why or findings.unruly(each.kill, killed) or findings.ended_in_order(each.kill, ended)
        repeated = findings.repeated(killed, ended)
        if each.then == "up" and not why:
            there = self._sandbox.inventory()
            repeated += findings.twice(there)
            repeated += findings.replaced(shot, there) if each.moment.command == "up" else ()
        left = self._settle(each.then, why)
        return Cell(
            str(each.moment), each.kill, each.then, ended.seconds, outcome or "converges", repeated, left
        )

    def _settle(self, command: str, why: str) -> tuple[str, ...]:
        """Where we are now; what is left if it should be nothing."""
        if why:
            run(self._sandbox, "down")
            self._state = "empty"
            return ()
        self._state = "up" if command == "up" else "empty"
        return findings.left(self._before, self._sandbox.inventory()) if command == "down" else ()
