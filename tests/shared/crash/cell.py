"""One cell of the matrix: what was killed when, what was run next, what came of it. And the table of them.

Knows nothing of how a cell is measured.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Cell:
    """seconds: of the run after the kill. outcome: "converges", or why not."""

    event: str
    kill: str
    then: str
    seconds: float
    outcome: str
    repeated: tuple[str, ...] = ()
    left: tuple[str, ...] = ()

    @property
    def good(self) -> bool:
        return self.outcome == "converges" and not self.repeated and not self.left


COLUMNS = ("killed after", "what was killed", "then", "seconds", "outcome", "repeated", "left")


def row(cell: Cell) -> tuple[str, ...]:
    """A cell in words."""
    listed = [", ".join(items) or "nothing" for items in (cell.repeated, cell.left)]
    return (cell.event, cell.kill, cell.then, f"{cell.seconds:.0f}", cell.outcome, *listed)


def text(cells: Sequence[Cell]) -> str:
    """Aligned columns."""
    rows = [COLUMNS, *(row(cell) for cell in cells)]
    widths = [max(len(line[at]) for line in rows) for at in range(len(COLUMNS))]
    aligned = (
        "  ".join(word.ljust(width) for word, width in zip(line, widths, strict=True)) for line in rows
    )
    return "\n".join(line.rstrip() for line in aligned)


def markdown(cells: Sequence[Cell]) -> str:
    """docs/crash-matrix.md."""
    good = sum(cell.good for cell in cells)
    lines = [
        "# Crash matrix",
        "",
        f"Measured in the sandbox by `bin/crash-matrix -o markdown`, {datetime.date.today()}: {good} of "
        f"{len(cells)} cells",
        "converge, repeat no finished work and leave nothing. `kill -9` hits `epochctl` alone (terraform or",
        "helm works on without it) or `everything` it started; SIGINT, SIGTERM and SIGHUP go to the process",
        "group, as a terminal does. The next command runs at once, as an impatient person would run it;",
        "`seconds` are that command's, on 2 shared cores.",
        "",
        "| " + " | ".join(COLUMNS) + " |",
        "|" + "---|" * len(COLUMNS),
    ]
    lines += ["| " + " | ".join(word.replace("|", "\\|") for word in row(cell)) + " |" for cell in cells]
    return "\n".join(lines)


def as_json(cells: Sequence[Cell]) -> str:
    """One object a line."""
    return "\n".join(json.dumps(asdict(cell)) for cell in cells)


FORMS = {"text": text, "json": as_json, "markdown": markdown}
