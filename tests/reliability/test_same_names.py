"""Up, down, and up again with the same names: what AWS keeps for a while, or for ever, breaks no next create.

In order: the first `up` shows what it does side by side.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from datetime import datetime

import pytest
from crash import findings
from crash.moments import Event, Moment
from crash.running import Run, run
from evidence import Evidence
from sandboxed import BUCKET, URL, Sandbox

pytestmark = pytest.mark.timeout(2400)  # four times up and down, on a machine that may be busy

CREATING = Moment("up", "infra-up", "step_progress", "aws_eks_cluster.this: creating")


@pytest.mark.usefixtures("before")
def test_the_certificate_is_waited_for_while_the_cluster_is_made(
    sandbox: Sandbox, evidence: Evidence
) -> None:
    injected = "`up` where everything takes as long as on AWS until EKS makes the cluster (slow scale=1)"
    with evidence(3, injected) as row, ExitStack() as slow:
        slow.enter_context(sandbox.fault("slow", "scale=1"))
        ended = run(sandbox, "up", [CREATING], lambda *_: slow.close())
        assert findings.succeeded(ended) == ""
        asked = when(of(ended, "acm-cert", "step_waiting")[0])
        cluster = when(next(event for event in ended.events if CREATING.is_at(event)))
        issued, finished = (when(*of(ended, step, "step_finished")) for step in ("acm-cert", "infra-up"))
        assert asked < cluster < issued < finished
        row.happened = (
            f"{cluster - asked:.0f} s into the wait for the certificate EKS began to make the cluster; "
        )
        row.happened += (
            f"issued after {issued - asked:.0f} s, the infrastructure {finished - issued:.0f} s later"
        )


def test_three_times_down_and_up_again(sandbox: Sandbox, evidence: Evidence, before: list[str]) -> None:
    injected = "up, then three times down and up with the same names, with and without its state"
    with evidence(12, injected) as row:
        come_up(sandbox)
        for options in ((), ("--delete-state",), ()):
            go_down(sandbox, before, *options)
            come_up(sandbox)
        row.happened = "each `up` answers, each `down` leaves the account as it was before the first"
    go_down(sandbox, before, "--delete-state")


def come_up(sandbox: Sandbox) -> None:
    assert "answers." in sandbox.epochctl("up", "--yes", seconds=550)
    assert sandbox.run("curl", "-sS", "--fail", URL).strip().splitlines()[-1].isdigit()


def go_down(sandbox: Sandbox, before: Sequence[str], *options: str) -> None:
    """And nothing is left but, where it is to stay, the state."""
    sandbox.epochctl("down", "--yes", *options, seconds=550)
    left = sandbox.inventory()
    kept = [line for line in left if line.startswith(BUCKET)]
    assert [line for line in left if line not in kept] == before
    assert bool(kept) == (options == ())


def of(ended: Run, step: str, event: str) -> list[Event]:
    return [one for one in ended.events if (one.get("step"), one["event"]) == (step, event)]


def when(event: Event) -> float:
    """In seconds."""
    return datetime.fromisoformat(str(event["at"])).timestamp()
