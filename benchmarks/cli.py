"""The command line beside an empty Python: alternating runs, since a start takes milliseconds."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.table import Row, median

EPOCHCTL = str(Path(__file__).resolve().parents[1] / "bin" / "epochctl")
RUNS = 25
COMMANDS = {("--help",): "at most 6", ("--version",): "", ("up", "--help"): ""}


def rows() -> Iterator[Row]:
    seconds(EPOCHCTL, "--version")  # the environment is made outside the measure
    for words, target in COMMANDS.items():
        bare, ours = [], []
        for _ in range(RUNS):
            bare.append(seconds(sys.executable, "-c", "pass"))
            ours.append(seconds(EPOCHCTL, *words))
        ratio = median([mine / other for mine, other in zip(ours, bare, strict=True)])
        value = f"{median(ours) * 1000:.0f} ms"
        yield Row("cli", f"epochctl {' '.join(words)} to python -c pass", value, f"{ratio:.1f}", target)


def seconds(*argv: str) -> float:
    """One run; a failure ends the bench."""
    start = time.perf_counter()
    subprocess.run(argv, check=True, stdout=subprocess.DEVNULL, timeout=900)
    return time.perf_counter() - start
