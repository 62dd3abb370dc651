"""Killed and stopped again and again, in the middle of everything: the next run goes on, to the end and back.

The short form of `bin/crash-matrix`, in one world; the tests run in order, and the account is empty between
`down` and the next `up`.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Sequence

import pytest
from crash import findings
from crash.cell import Cell, text
from crash.chain import chain_down, chain_up
from crash.full import Full, Wanted
from crash.killing import KILLS
from crash.moments import SHORT, TELLING, Moment
from crash.running import run
from evidence import Evidence
from sandboxed import BIN, URL, Sandbox

ELSEWHERE = "API_HOSTNAME=epoch.elsewhere.test"  # no zone in the account: its certificate stays pending
ASSEMBLING = Moment("build", "build", "step_progress", "assembling")
CREATING = Moment("up", "infra-up", "step_progress", "aws_eks_cluster.this: creating")
GIVEN_UP = {  # when somebody thinks better of it
    "the certificate is requested": Moment("up", "acm-cert", "step_progress", "requested"),
    "the NAT gateway is being made": Moment(
        "up", "infra-up", "step_progress", "aws_nat_gateway.this: creating"
    ),
    "helm installs the release": Moment("up", "deploy", "step_progress", "install release"),
}
AGAIN = "fix: run the same command again to continue: epochctl"


def kills(command: str) -> list[str]:
    return [kill for moment, kill in TELLING if moment.command == command]


def never() -> bool:
    return False


def described(cells: Sequence[Cell], command: str) -> str:
    """For the table, after the check."""
    assert len(cells) == len(kills(command)), text(cells)
    assert [cell for cell in cells if not cell.good] == [], text(cells)
    stopped = sum(cell.kill.startswith("SIG") for cell in cells)
    return f"killed {len(cells) - stopped} times and stopped in order {stopped} time: `{command}` went on"


@pytest.mark.timeout(1800)
def test_down_after_a_kill_in_the_making_of_the_cluster(
    sandbox: Sandbox, evidence: Evidence, before: list[str]
) -> None:
    with evidence(10, "kill -9 of up and its terraform while EKS makes the cluster, then down") as row:
        run(sandbox, "up", [CREATING], lambda _, process: _kill_once_it_is_there(sandbox, process))
        assert _has_cluster(sandbox)
        ended = run(sandbox, "down")
        assert findings.succeeded(ended) == ""
        assert findings.left(before, sandbox.inventory()) == ()
        row.seconds = ended.seconds
        row.happened = "down waits for the cluster, finds what terraform had not written down, leaves nothing"


@pytest.mark.timeout(1800)
def test_up_killed_and_taken_down_again_and_again(
    sandbox: Sandbox, evidence: Evidence, before: list[str]
) -> None:
    matrix = Full(sandbox, never, print)
    for when, moment in GIVEN_UP.items():
        with evidence(10, f"kill -9 of up and all it started when {when}, then down") as row:
            [cell] = matrix.measure([Wanted(moment, "everything", "down")])
            assert cell.good, text([cell])
            row.seconds = cell.seconds
            row.happened = "down leaves the account as it was before `up` (its seconds)"
    assert findings.left(before, sandbox.inventory()) == ()


@pytest.mark.timeout(1800)
def test_up_killed_again_and_again(sandbox: Sandbox, evidence: Evidence, before: list[str]) -> None:
    with evidence(10, "up killed after five of its events, up again each time") as row:
        cells = chain_up(sandbox, SHORT, kills("up"), never, print)
        row.happened = (
            f"{described(cells, 'up')}; nothing made twice, no finished step done again, the URL answers"
        )
    assert sandbox.run("curl", "-sS", "--fail", URL).strip().splitlines()[-1].isdigit()


@pytest.mark.timeout(1800)
def test_down_killed_again_and_again(sandbox: Sandbox, evidence: Evidence, before: list[str]) -> None:
    with (
        evidence("crash matrix", "down killed after three of its events, down again each time") as row,
        evidence("Ctrl-C", "SIGINT in down, while the node group is being deleted") as stopped,
    ):
        cells = chain_down(sandbox, before, SHORT, kills("down"), never, print)
        row.happened = f"{described(cells, 'down')}; the account is what it was before the first `up`"
        stopped.seconds = next(cell.seconds for cell in cells if cell.kill == "SIGINT")
        stopped.happened = (
            "terraform ends in order, exit 130; the next down finds no lock and ends (its seconds)"
        )


def test_ctrl_c_while_the_image_is_built(sandbox: Sandbox, evidence: Evidence) -> None:
    with evidence("Ctrl-C", "SIGINT in `build`, while the image is assembled") as row:
        stopped = run(sandbox, "build", [ASSEMBLING], lambda _, process: KILLS["SIGINT"](process))
        assert stopped.met == ASSEMBLING
        assert stopped.code == 130
        assert any(f"{AGAIN} build" in line for line in stopped.words), stopped.words
        assert not list(sandbox.directory.glob(".epochctl/**/index.json"))
        row.happened = "exit 130, the next command is named, half an image is not there"


def test_ctrl_c_while_a_certificate_is_waited_for(sandbox: Sandbox, evidence: Evidence) -> None:
    with evidence("Ctrl-C", "SIGINT in `cert wait`, for a host name whose zone is elsewhere") as row:
        asked = sandbox.run("env", ELSEWHERE, str(BIN / "epochctl"), "cert", "request")
        process = sandbox.popen("exec", "--", "env", ELSEWHERE, str(BIN / "epochctl"), "cert", "wait")
        assert process.stdout is not None
        said = next((line for line in process.stdout if "waiting for" in line), "it never waited")
        start = time.monotonic()
        os.killpg(process.pid, signal.SIGINT)
        rest = process.communicate(timeout=60)[0]
        row.seconds = time.monotonic() - start
        assert process.returncode == 130, said + rest
        assert f"{AGAIN} cert wait" in rest
        again = sandbox.run("env", ELSEWHERE, str(BIN / "epochctl"), "cert", "request")
        assert _arn(again) == _arn(asked)
        row.happened = (
            "exit 130, the next command is named, the certificate and its record are the same as before"
        )


def test_nobody_reads_the_output(sandbox: Sandbox, evidence: Evidence) -> None:
    with evidence("Ctrl-C", "`down -o json | head -1`: nobody reads any more") as row:
        line = f"{BIN / 'epochctl'} down --yes -o json | head -1; echo exit ${{PIPESTATUS[0]}}"
        output = sandbox.run("bash", "-c", line)
        assert "exit 130" in output
        assert "Traceback" not in output
        row.happened = "it stops in order with exit 130, and says so on stderr"


def _kill_once_it_is_there(sandbox: Sandbox, process: int) -> None:
    """terraform says "creating" before it asks for it."""
    end = time.monotonic() + 60
    while not _has_cluster(sandbox) and time.monotonic() < end:
        time.sleep(0.2)
    KILLS["everything"](process)


def _has_cluster(sandbox: Sandbox) -> bool:
    return any(line.startswith("eks/cluster") for line in sandbox.inventory())


def _arn(output: str) -> str:
    return next(word for word in output.split() if word.startswith("arn:aws:acm:"))
