"""What a reliability test leaves behind: a row of docs/reliability.md, written when the test is green."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

RECORD = "EPOCHCTL_EVIDENCE"  # a file; each row is appended to it as a line of JSON


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
def recorded(topic: str | int, injected: str, test: str) -> Iterator[Row]:
    """Time the block. `row.seconds` may be set inside where a part of the block is what counts."""
    row = Row(str(topic), injected, test)
    start = time.monotonic()
    yield row
    row.seconds = round(row.seconds or time.monotonic() - start, 1)
    assert row.happened, "say in row.happened what the user saw"
    if path := os.environ.get(RECORD):
        with Path(path).open("a") as file:
            file.write(json.dumps(asdict(row)) + "\n")
