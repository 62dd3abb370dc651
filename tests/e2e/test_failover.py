"""Two regions, as a user has them: both up, one that is cut off and left, a drill, down to nothing.

One world of its own, real parts only. The tests run in order: each goes on where the one before ended.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest
from sandboxed import URL, Sandbox, events, world

WEST, EAST = "us-west-2", "us-east-1"
TOML = f'regions = ["{WEST}", "{EAST}"]\n[cluster]\nnodes = 1\n'
UP = 900


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with world(tmp_path_factory.mktemp("project"), "regions") as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def before(sandbox: Sandbox) -> list[str]:
    return sandbox.inventory()


def settle(sandbox: Sandbox, text: str) -> None:
    (sandbox.directory / "epochctl.toml").write_text(text)


def nearest(sandbox: Sandbox) -> str:
    """The region that answers once the resolver has forgotten who came up first."""
    deadline = time.monotonic() + 90
    while (region := answering(sandbox)) != WEST and time.monotonic() < deadline:
        time.sleep(5)
    return region


def answering(sandbox: Sandbox) -> str:
    """The region that answers, in its own words."""
    page = sandbox.run("curl", "-sS", "--fail", "-H", "Accept: application/json", URL).splitlines()[-1]
    return str(json.loads(page)["region"])


@pytest.mark.timeout(UP + 60)
def test_both_come_up_and_the_nearest_answers(sandbox: Sandbox, before: list[str]) -> None:
    settle(sandbox, TOML)
    output = sandbox.epochctl("up", "--yes", seconds=UP)
    assert f"{URL} answers from {WEST}, {EAST}." in output
    assert nearest(sandbox) == WEST
    status = sandbox.epochctl("failover", "status")
    assert status.count("2 of 2 healthy") == 2


@pytest.mark.timeout(900)
def test_clients_leave_a_region_of_which_nothing_answers(sandbox: Sandbox) -> None:
    with sandbox.fault("region-network", f"region={WEST}", "apis=1"):
        output = sandbox.epochctl("failover", "to", EAST, "--yes")
        assert f"{URL} answers, from {EAST}." in output
        assert answering(sandbox) == EAST
        assert "drained" in sandbox.epochctl("failover", "status")
    assert f"{URL} answers, from" in sandbox.epochctl("failover", "to", "all", "--yes")
    assert nearest(sandbox) == WEST


@pytest.mark.timeout(900)
def test_a_drill_measures_and_mends(sandbox: Sandbox) -> None:
    output = sandbox.epochctl("failover", "drill", "--break", "targets", "--yes", "-o", "json", seconds=800)
    drill = next(each for each in events(output) if each["event"] == "result")
    assert drill["region"] == WEST
    assert 0 < int(str(drill["lost"])) < int(str(drill["asked"]))
    assert 0 < float(str(drill["rto"])) < 200
    assert drill["serves_again"] is not None
    assert answering(sandbox) == WEST
    assert "epochctl failover drill" in sandbox.epochctl("failover", "status")


@pytest.mark.timeout(UP + 60)
def test_down_leaves_nothing_in_either(sandbox: Sandbox, before: list[str]) -> None:
    output = sandbox.epochctl("down", "--yes", "--delete-state", seconds=UP)
    assert output.count("Nothing of ours is left.") == 2
    assert sandbox.inventory() == before
