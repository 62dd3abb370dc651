"""Up, down, and up again with the same names: what AWS keeps for a while, or for ever, breaks no next create.

In order: the first `up` runs at AWS's own pace, to a scale, and shows what it does side by side.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import pytest
from evidence import Evidence
from sandboxed import URL, Sandbox, events

pytestmark = pytest.mark.timeout(2400)  # four times up and down, on a machine that may be busy

BUCKET = "s3/bucket epochctl-state-"  # stays without --delete-state, on purpose
SCALE = 0.15  # of AWS's usual delays: the certificate takes 27 s, the cluster 81 s

Event = Mapping[str, object]


@pytest.fixture(scope="module")
def before(sandbox: Sandbox) -> list[str]:
    return sandbox.inventory()


@pytest.mark.usefixtures("before")
def test_the_certificate_is_waited_for_while_the_infrastructure_is_made(
    sandbox: Sandbox, evidence: Evidence
) -> None:
    injected = f"`up` where what is made takes its time (slow scale={SCALE})"
    with evidence(3, injected) as row, sandbox.fault("slow", f"scale={SCALE}"):
        told = events(sandbox.epochctl("up", "--yes", "-o", "json", seconds=900))
        waits = of(told, "acm_cert", "step_waiting")
        asked, issued = when(waits[0]), when(*of(told, "acm_cert", "step_finished"))
        begun = when(of(told, "infra_up", "step_started")[0])
        finished = when(*of(told, "infra_up", "step_finished"))
        assert begun < issued < finished
        assert issued - asked > 10, waits
        made = [event for event in of(told, "infra_up", "step_progress") if "created in" in str(event)]
        meanwhile = [event for event in made if asked < when(event) < issued]
        assert meanwhile, made
        row.happened = f"in the {issued - asked:.0f} s until it was issued terraform made {len(meanwhile)} "
        row.happened += f"of {len(made)} objects; it went on for another {finished - issued:.0f} s"


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


def of(told: Sequence[Event], step: str, event: str) -> list[Event]:
    return [one for one in told if (one.get("step"), one["event"]) == (step, event)]


def when(event: Event) -> float:
    """In seconds."""
    return datetime.fromisoformat(str(event["at"])).timestamp()
