"""A program is bounded in time, streamed, and ended in order when the run is to stop."""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path

import pytest

from epochctl.errors import DeadlineError, Interrupted, ToolError
from epochctl.tools import process


def test_its_lines_come_while_it_runs_and_its_code_is_an_answer(tmp_path: Path) -> None:
    script = "import sys; print(sys.stdin.read()); print('no', file=sys.stderr); sys.exit(3)"
    lines: list[str] = []
    pids: list[int] = []
    done = process.run(
        [sys.executable, "-c", script], stdin=b"given", timeout=30, on_line=lines.append, on_start=pids.append
    )
    assert (done.code, done.stdout, done.stderr, lines) == (3, "given", "no", ["given"])
    assert len(pids) == 1
    log = tmp_path / "log"
    done = process.run([sys.executable, "-c", "print('to a file')"], timeout=30, log=log)
    assert (done.stdout, log.read_text()) == ("to a file", "to a file\n")


def test_one_that_takes_too_long_is_ended() -> None:
    with pytest.raises(DeadlineError, match="did not finish within"):
        process.run(["sleep", "30"], timeout=0.2)
    with pytest.raises(ToolError, match="cannot start"):
        process.run(["/nowhere/at-all"], timeout=1)


def test_it_is_interrupted_and_may_finish_its_writes(tmp_path: Path) -> None:
    stop, done = threading.Event(), tmp_path / "done"
    script = f"""
import pathlib, time
print("ready", flush=True)
try:
    time.sleep(30)
except KeyboardInterrupt:
    pathlib.Path({str(done)!r}).touch()
"""
    started = time.monotonic()
    with pytest.raises(Interrupted):
        process.run([sys.executable, "-c", script], timeout=60, on_line=lambda _: stop.set(), stop=stop)
    assert done.exists()
    assert time.monotonic() - started < 20
    assert not process.STOP_REQUESTED.is_set()
