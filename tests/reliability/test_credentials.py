"""Credentials that run out: refused before, ended in order in the middle, and gone on from after signing in.

One world, in order: each test goes on where the one before ended.
"""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from evidence import Evidence
from sandboxed import BIN, URL, Sandbox, bounded

EPOCHCTL = str(BIN / "epochctl")
AT_MOST = 120.0  # the promise is 30 s; machines are shared


def expire_at(sandbox: Sandbox, line: str, *arguments: str) -> tuple[int, str, float]:
    """Run epochctl; at `line` the credentials expire. Its exit code, its output, the seconds it took then."""
    process = sandbox.popen("exec", "--", EPOCHCTL, *arguments)
    assert process.stdout is not None
    said, expired = list[str](), 0.0
    with bounded(process, 900):
        for words in process.stdout:
            said.append(words)
            if not expired and line in words:
                sandbox.control("fault", "start", "expired-credentials")
                expired = time.monotonic()
    code = process.wait(30)
    assert expired, "".join(said)
    return code, "".join(said), time.monotonic() - expired


def lasting(minutes: float) -> str:
    """The variable by which credentials in the environment tell their end."""
    end = datetime.now(UTC) + timedelta(minutes=minutes)
    return f"AWS_CREDENTIAL_EXPIRATION={end:%Y-%m-%dT%H:%M:%SZ}"


def why(output: str) -> str:
    return next(line.strip() for line in output.splitlines() if line.strip().startswith("why:"))


def test_up_is_refused_before_anything_is_made(sandbox: Sandbox, evidence: Evidence) -> None:
    before = sandbox.inventory()
    with evidence("credential budget", "credentials that end in 20 minutes, before `up`") as row:
        output = sandbox.run("env", lasting(20), EPOCHCTL, "up", "--yes", code=5)
        assert re.search(r"last another 1\d min \d\d s", output)
        assert re.search(r"up takes about 2\d min \d\d s, × 1.5 = 3\d min", output)
        row.happened = f"exit 5, nothing made: {why(output)}"
    assert sandbox.inventory() == before


def test_terraform_ends_in_order_and_its_state_is_kept(sandbox: Sandbox, evidence: Evidence) -> None:
    with evidence(5, "the credentials expire while terraform makes the cluster") as row:
        code, output, seconds = expire_at(sandbox, "aws_eks_cluster.this: creating", "up", "--yes")
        assert code == 5, output
        assert seconds < AT_MOST
        path = Path(re.findall(r"kept in (\S+errored\.tfstate)", output)[0])
        assert path.stat().st_mode & 0o077 == 0
        assert "epochctl resume" in output
        row.seconds = seconds
        row.happened = (
            "exit 5 (promised: within 30 s); the state that could not be uploaded is kept, its path named"
        )


def test_resume_goes_on(sandbox: Sandbox, evidence: Evidence) -> None:
    with evidence(
        5, "signed in again, then `epochctl resume`, which expires in the wait for the pods"
    ) as row:
        sandbox.control("fault", "stop", "expired-credentials")
        code, output, seconds = expire_at(sandbox, "waiting for the pods of the release", "resume", "--yes")
        assert "going on with: epochctl up" in output
        assert "in its place now" in output
        assert code == 5, output
        assert seconds < AT_MOST
        assert "have expired" in output
        row.seconds = seconds
        row.happened = (
            "the kept state was pushed and `up` went on; expired again: exit 5 (promised: within 30 s), "
            "naming the expiry"
        )


def test_up_finishes_the_job(sandbox: Sandbox, evidence: Evidence) -> None:
    with evidence(5, "signed in again, then plain `up`") as row:
        sandbox.control("fault", "stop", "expired-credentials")
        output = sandbox.epochctl("up", "--yes", seconds=900)
        assert "taking it over" in output
        assert "adopting" not in output
        assert f"{URL} answers." in output
        row.happened = "the lock that could not be released was taken over; the URL answers"
