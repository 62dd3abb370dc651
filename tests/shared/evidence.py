"""What a reliability test leaves behind: rows of docs/reliability.md, kept when all of the test was green."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

# Each row is appended as a line of JSON; bin/reliability turns them into the page.
RECORD = Path(__file__).resolve().parents[2] / ".reliability.jsonl"


@dataclass
class Row:
    """topic: the number of one of the fifteen pains, or the name of a promise. seconds: of wall clock."""

    topic: str
    injected: str
    test: str
    happened: str = ""
    seconds: float = 0.0


# evidence(topic, what was injected) as row: ...; row.happened = what the user saw
Evidence = Callable[[str | int, str], AbstractContextManager[Row]]


@contextmanager
def measured(topic: str | int, injected: str, test: str, rows: list[Row]) -> Iterator[Row]:
    """Time the block, and put its row down. `row.seconds` may be set inside where a part of the block is what
    counts."""
    row = Row(str(topic), injected, test)
    start = time.monotonic()
    yield row
    row.seconds = round(row.seconds or time.monotonic() - start, 1)
    assert row.happened, "say in row.happened what the user saw"
    rows.append(row)


def keep(rows: Sequence[Row]) -> None:
    """For the page."""
    with RECORD.open("a") as file:
        file.writelines(json.dumps(asdict(row) | {"date": date.today().isoformat()}) + "\n" for row in rows)
