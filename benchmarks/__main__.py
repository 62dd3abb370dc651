"""`bin/bench [cli] [server] [image] [sandbox] [--write]`: all by default.

--write: docs/performance.md, where the rows of the other parts stay as they were measured.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

from benchmarks.table import Row, page, read, show

PARTS = ("cli", "server", "image", "sandbox")
PAGE = Path(__file__).resolve().parents[1] / "docs" / "performance.md"


def main(words: list[str]) -> None:
    parts = [word for word in words if word != "--write"] or list(PARTS)
    if unknown := sorted(set(parts) - set(PARTS)):
        sys.exit(f"bin/bench knows {', '.join(PARTS)} and --write, not {', '.join(unknown)}")
    rows: list[Row] = []
    for part in parts:
        for row in importlib.import_module(f"benchmarks.{part}").rows():
            show(row)
            rows.append(row)
    if "--write" in words:
        rows += [row for row in read(PAGE.read_text()) if row.part not in parts]
        PAGE.write_text(page(sorted(rows, key=lambda row: PARTS.index(row.part))))


if __name__ == "__main__":
    main(sys.argv[1:])
