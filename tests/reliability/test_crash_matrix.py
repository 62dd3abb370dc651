"""Killed and stopped again and again, in the middle of everything: the next run goes on, to the end and back.

The short form of `bin/crash-matrix`, in one world; the tests run in order.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator, Sequence
from itertools import cycle

import pytest
from crash.cell import Cell, text
from crash.chain import chain_down, chain_up
from crash.moments import SHORT
from evidence import Evidence
from sandboxed import BIN, Sandbox

# In the order of SHORT. Without epochctl terraform would work on, past the events that are still to come.
TURNS = (
    *("everything", "SIGINT", "everything", "SIGHUP", "epochctl", "everything", "SIGINT twice", "everything"),
    *("epochctl", "SIGTERM", "everything", "epochctl"),
)
ELSEWHERE = "API_HOSTNAME=epoch.elsewhere.test"  # no zone in the account: its certificate stays pending


@pytest.fixture(scope="module")
def before(sandbox: Sandbox) -> list[str]:
    return sandbox.inventory()


@pytest.fixture(scope="module")
def turns() -> Iterator[str]:
    return cycle(TURNS)


def never() -> bool:
    return False


def described(cells: Sequence[Cell], command: str) -> str:
    """For the table, after the check."""
    assert [cell for cell in cells if not cell.good] == [], text(cells)
    crashed = sum(not cell.kill.startswith("SIG") for cell in cells)
    stopped = len(cells) - crashed
    return f"killed {crashed} times and stopped in order {stopped} times, `{command}` went on each time"


@pytest.mark.timeout(1500)
def test_up_killed_again_and_again(
    sandbox: Sandbox, evidence: Evidence, before: list[str], turns: Iterator[str]
) -> None:
    with evidence(10, "up killed after eight of its events, up again each time") as row:
        cells = chain_up(sandbox, SHORT, turns, never, print)
        assert len(cells) >= 6, text(cells)
        ended = described(cells, "up")
        row.happened = f"{ended}: nothing made twice, no finished step done again, the URL answers"
    assert (
        sandbox.run("curl", "-sS", "--fail", "https://epoch.sandbox.test/").strip().splitlines()[-1].isdigit()
    )


@pytest.mark.timeout(1500)
def test_down_killed_again_and_again(
    sandbox: Sandbox, evidence: Evidence, before: list[str], turns: Iterator[str]
) -> None:
    with evidence("crash matrix", "down killed after four of its events, down again each time") as row:
        cells = chain_down(sandbox, before, SHORT, turns, never, print)
        assert len(cells) >= 3, text(cells)
        row.happened = f"{described(cells, 'down')}: the account is what it was before the first `up`"


def test_ctrl_c_while_a_certificate_is_waited_for(sandbox: Sandbox, evidence: Evidence) -> None:
    with evidence("Ctrl-C", "SIGINT in `cert wait`, for a host name whose zone is elsewhere") as row:
        asked = sandbox.run("env", ELSEWHERE, str(BIN / "epochctl"), "cert", "request", code=0)
        process = sandbox.popen("exec", "--", "env", ELSEWHERE, str(BIN / "epochctl"), "cert", "wait")
        assert process.stdout is not None
        said = next(line for line in process.stdout if "waiting for" in line)
        start = time.monotonic()
        os.killpg(process.pid, signal.SIGINT)
        rest = process.communicate(timeout=60)[0]
        row.seconds = time.monotonic() - start
        assert process.returncode == 130, said + rest
        assert "fix: run the same command again" in rest
        again = sandbox.run("env", ELSEWHERE, str(BIN / "epochctl"), "cert", "request", code=0)
        assert _arn(again) == _arn(asked)
        row.happened = (
            "exit 130, the next command is named, the certificate and its record are the same as before"
        )


def test_nobody_reads_the_output(sandbox: Sandbox, evidence: Evidence) -> None:
    with evidence("Ctrl-C", "`down -o json | head -1`: nobody reads any more") as row:
        line = f"{BIN / 'epochctl'} down --yes -o json | head -1; echo exit ${{PIPESTATUS[0]}}"
        output = sandbox.run("bash", "-c", line, code=0)
        assert "exit 130" in output
        assert "Traceback" not in output
        row.happened = "it stops in order with exit 130, and says so on stderr"
    assert "Nothing of ours is left." in sandbox.epochctl("down", "--yes", "--delete-state")


def _arn(output: str) -> str:
    return next(word for word in output.split() if word.startswith("arn:aws:acm:"))
