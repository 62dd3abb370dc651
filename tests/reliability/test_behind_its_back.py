"""What happens behind our back: calls of AWS that take effect and whose answers get lost, and edits by hand.

`up` takes in what it has made, makes nothing twice, puts back what the release says; `down` leaves nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from crash import findings
from evidence import Evidence
from sandboxed import Sandbox

TOPIC = "lost answers"
SHARE = "20 % of all API calls are made and their answer is lost"
SECONDS = 900
DEPLOYMENT = "deployment/epoch"


@pytest.fixture(scope="module")
def deaf(sandbox: Sandbox, before: list[str]) -> Iterator[Sandbox]:
    """A world in which it has been so from the beginning."""
    with sandbox.fault("throttle", "share=0.2", "mode=lost"):
        yield sandbox


@pytest.mark.timeout(1200)
def test_up_takes_in_what_it_has_made(deaf: Sandbox, evidence: Evidence) -> None:
    with evidence(TOPIC, f"{SHARE}, during a first `up`") as row:
        output = deaf.epochctl("up", "--yes", seconds=SECONDS)
        assert "https://epoch.sandbox.test/ answers." in output
        assert findings.twice(deaf.inventory()) == ()
        again = output.count("is there already: planning again")
        second = output.count("a second one, made because")
        row.happened = (
            f"the service is up and verified, nothing is there twice; planned again {again} times with what "
            f"was there already and ours, {second} removed that had been made twice"
        )


@pytest.mark.timeout(1200)
def test_up_again_changes_nothing(deaf: Sandbox, evidence: Evidence) -> None:
    there = deaf.inventory()
    with evidence(TOPIC, f"{SHARE}, during a second `up`") as row:
        assert "answers." in deaf.epochctl("up", "--yes", seconds=SECONDS)
        assert deaf.inventory() == there
        row.happened = "nothing was changed: the account's inventory is the same"


def variables(deaf: Sandbox) -> str:
    path = "jsonpath={.spec.template.spec.containers[0].env[*].name}"
    return deaf.kubectl("get", DEPLOYMENT, "-o", path)


@pytest.mark.timeout(900)
def test_an_edited_deployment_is_named_and_put_back(deaf: Sandbox, evidence: Evidence) -> None:
    with evidence("drift", "a variable added to the Deployment by hand (kubectl set env)") as row:
        before = variables(deaf)
        deaf.kubectl("set", "env", DEPLOYMENT, "DEBUG=1")
        told = deaf.epochctl("diff", "--exit-code", code=2)
        assert "Deployment/epoch, changed by kubectl" in told
        assert "env[DEBUG]" in told
        output = deaf.epochctl("up", "--yes")
        assert "put back as the release has it" in output
        assert "answers." in output
        assert variables(deaf) == before
        assert "Nothing would change." in deaf.epochctl("diff", "--exit-code")
        line = next(line for line in told.splitlines() if "changed by" in line)
        row.happened = (
            f"`diff`: {line.partition('heal: ')[2]}; `up` put it back, and then nothing would change"
        )


@pytest.mark.timeout(1200)
def test_down_leaves_nothing(deaf: Sandbox, before: list[str], evidence: Evidence) -> None:
    with evidence(TOPIC, f"{SHARE}, during `down`") as row:
        output = deaf.epochctl("down", "--yes", "--delete-state", seconds=SECONDS)
        assert "Nothing of ours is left." in output
        assert deaf.inventory() == before
        row.happened = "the account is as it was before `up`"
