"""`up`, `up` again, `deploy`, `verify` and `down` in a world of their own, with the limit of each."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Iterator

from benchmarks.cli import EPOCHCTL
from benchmarks.table import Row

COMMANDS = (
    ("up, everything cached", ("up", "--yes"), "at most 90 s"),
    ("up, nothing to do", ("up", "--yes"), "at most 15 s"),
    ("deploy, nothing to do", ("deploy",), ""),
    ("verify", ("verify",), ""),
    ("down", ("down", "--yes"), ""),
)


def rows() -> Iterator[Row]:
    environment = {**os.environ, "EPOCH_SANDBOX_WORLD": f"bench-{os.getpid()}"}
    with tempfile.TemporaryDirectory() as folder:
        for what, words, target in COMMANDS:
            start = time.perf_counter()
            argv = [EPOCHCTL, *words, "--sandbox"]
            subprocess.run(
                argv, cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL, timeout=900
            )
            yield Row("sandbox", what, f"{time.perf_counter() - start:.1f} s", target=target)
