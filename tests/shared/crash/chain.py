"""The short form: one world; `up` is killed again and again, each time after another event; then `down`.

Every kind of event is met with few full runs. What one round does not meet (a killed run had finished more
than it could say) is for the next, from an account that is empty again. Judges by what all the runs before
had finished.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import cycle

from sandboxed import Sandbox

from crash import findings
from crash.cell import Cell, row
from crash.killing import KILLS
from crash.moments import Moment
from crash.running import Run, run

Say = Callable[[str], None]
Over = Callable[[], bool]

TRIES = 3  # runs that fail by themselves, one after another


def chain(
    sandbox: Sandbox, moments: Sequence[Moment], kills: Sequence[str], over: Over, say: Say, rounds: int = 1
) -> list[Cell]:
    """`up` and then `down` to their ends, killed at each of their moments that comes; so many times."""
    before, turns = sandbox.inventory(), cycle(kills)
    cells: list[Cell] = []
    for _ in range(rounds):
        missing = unmet(moments, cells)
        if not missing or over():
            break
        cells += chain_up(sandbox, missing, turns, over, say)
        cells += chain_down(sandbox, before, missing, turns, over, say)
    return cells


def unmet(moments: Sequence[Moment], cells: Sequence[Cell]) -> list[Moment]:
    """Those that have no cell yet."""
    met = {cell.event for cell in cells}
    return [moment for moment in moments if str(moment) not in met]


def chain_up(
    sandbox: Sandbox, moments: Sequence[Moment], kills: Iterable[str], over: Over, say: Say
) -> list[Cell]:
    """From an empty account to a service that is up."""
    up = _Chain(sandbox, "up", kills, over, say)
    up.go([moment for moment in moments if moment.command == "up"])
    there = sandbox.inventory()
    up.close(findings.twice(there) + up.replaced(there), ())
    return up.cells


def chain_down(
    sandbox: Sandbox,
    before: Sequence[str],
    moments: Sequence[Moment],
    kills: Iterable[str],
    over: Over,
    say: Say,
) -> list[Cell]:
    """From there back to what there was before."""
    down = _Chain(sandbox, "down", kills, over, say)
    down.go([moment for moment in moments if moment.command == "down"])
    down.close((), findings.left(before, sandbox.inventory()))
    return down.cells


def _inside_terraform(moment: Moment) -> bool:
    return moment.step == "infra-up" and moment.event == "step_progress"


class _Chain:
    """Of one command. cells: one a kill."""

    def __init__(self, sandbox: Sandbox, command: str, kills: Iterable[str], over: Over, say: Say) -> None:
        self._sandbox, self._command, self._over, self._say = sandbox, command, over, say
        self._kills, self._kill = iter(kills), ""
        self._snapshots: list[list[str]] = []
        self.cells: list[Cell] = []
        self.why = ""

    def go(self, moments: Sequence[Moment]) -> None:
        """Until a run ends by itself and well."""
        remaining = self._remaining = list(moments)
        earlier = Run(self._command, 0, (), (), 0.0)
        failed = 0
        while failed < TRIES:
            latest = run(self._sandbox, self._command, [] if self._over() else remaining, self._strike)
            self._judge(earlier, latest)
            earlier = replace(earlier, events=earlier.events + latest.events)
            if latest.met is None and not (why := findings.succeeded(latest)):
                return
            if latest.met is None:
                failed += 1
                self.why = why
                continue
            remaining.remove(latest.met)
            self._snapshots.append(self._sandbox.inventory())
            self._say(f"{latest.met}: {self._kill} after {latest.seconds:.0f} s, exit {latest.code}")
            outcome = findings.unruly(self._kill, latest) or "converges"
            self.cells.append(Cell(str(latest.met), self._kill, self._command, 0.0, outcome))
        self.why = f"{self._command} does not converge: {self.why}"

    def _strike(self, moment: Moment, process: int) -> None:
        """terraform without epochctl works on, past events that are still wanted: then it dies with it."""
        self._kill = next(self._kills)
        if self._kill == "epochctl" and _inside_terraform(moment):
            later = [other for other in self._remaining if other != moment and _inside_terraform(other)]
            self._kill = "everything" if later else self._kill
        KILLS[self._kill](process)

    def replaced(self, there: Sequence[str]) -> tuple[str, ...]:
        """What was there at a kill and is not at the end, once each."""
        gone = (line for shot in self._snapshots for line in findings.replaced(shot, there))
        return tuple(dict.fromkeys(gone))

    def close(self, repeated: tuple[str, ...], left: tuple[str, ...]) -> None:
        """What only the end tells, told in the last cell."""
        if self.cells:
            last = self.cells[-1]
            self.cells[-1] = replace(last, repeated=last.repeated + repeated, left=last.left + left)
        elif repeated or left or self.why:
            outcome = self.why or "converges"
            self.cells.append(Cell(f"{self._command}: no kill", "", "", 0.0, outcome, repeated, left))

    def _judge(self, earlier: Run, latest: Run) -> None:
        """The run after a kill says what the kill did."""
        if self.cells:
            why = "" if latest.met else findings.succeeded(latest)
            why = why or findings.ended_in_order(self.cells[-1].kill, latest)
            self.cells[-1] = replace(
                self.cells[-1],
                seconds=self.cells[-1].seconds + latest.seconds,
                outcome=why or self.cells[-1].outcome,
                repeated=self.cells[-1].repeated + findings.repeated(earlier, latest),
            )
            self._say("    " + "; ".join(row(self.cells[-1])))
