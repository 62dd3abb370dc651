"""Killed or stopped in the middle: the next command goes on, and says so. In one world, empty
between the tests but for a certificate. `bin/crash-matrix` is the long form.
"""

from __future__ import annotations

import os
import signal
import time

from crash.killing import KILLS
from crash.moments import Moment
from crash.running import run
from evidence import Evidence
from sandboxed import BIN, Sandbox

ELSEWHERE = "API_HOSTNAME=epoch.elsewhere.test"  # no zone in the account: its certificate stays pending
ASSEMBLING = Moment("build", "build", "step_progress", "assembling")
AGAIN = "fix: run the same command again to continue: epochctl"


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


def _arn(output: str) -> str:
    return next(word for word in output.split() if word.startswith("arn:aws:acm:"))
