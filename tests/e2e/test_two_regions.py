"""Two regions, as a user has them: up, up again, a deploy that stops at the first, repaired, one
away, down to nothing.

One world of its own, real parts only. The tests run in order: each goes on where the one before ended.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from sandboxed import URL, Sandbox, events, world

WEST, EAST = "us-west-2", "us-east-1"
REGIONS = f'regions = ["{WEST}", "{EAST}"]\n'
TTL = 60.0  # seconds, of an alias record
CRASHING = '[service.env]\nPYTHONHOME = "/nowhere"\n'


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with world(tmp_path_factory.mktemp("project"), "regions") as sandbox:
        configure(sandbox, REGIONS)
        yield sandbox


@pytest.fixture(scope="module")
def before(sandbox: Sandbox) -> list[str]:
    return sandbox.inventory()


def configure(sandbox: Sandbox, text: str) -> None:
    (sandbox.directory / "epochctl.toml").write_text(text)


def told(output: str) -> dict[str, Any]:
    """The result of `-o json`."""
    return next(each for each in reversed(events(output)) if each["event"] == "result")


def releases(sandbox: Sandbox) -> dict[str, list[int]]:
    """Revisions by region, the newest first."""
    shown = told(sandbox.epochctl("history", "-o", "json"))["regions"]
    return {region: [one["revision"] for one in each["releases"]] for region, each in shown.items()}


def answering(sandbox: Sandbox) -> str:
    """The region that says so itself."""
    body = sandbox.run("curl", "-sS", "--fail", "-H", "Accept: application/json", URL)
    return str(json.loads(body.splitlines()[-1])["region"])


def test_up_brings_both_up(sandbox: Sandbox, before: list[str]) -> None:
    output = sandbox.epochctl("up", "--yes", seconds=900)
    assert f"{URL} answers from {WEST}, {EAST}." in output
    assert f"{EAST} infra-up" in output
    assert answering(sandbox) in (WEST, EAST)


def test_up_again_changes_nothing_in_either(sandbox: Sandbox) -> None:
    there = sandbox.inventory()
    seen = events(sandbox.epochctl("up", "--yes", "-o", "json"))
    finished = [each for each in seen if each["event"] == "step_finished"]
    assert {each["region"] for each in finished} == {WEST, EAST}
    assert [each for each in finished if each["changed"]] == []
    assert sandbox.inventory() == there


def test_a_deploy_that_fails_in_the_first_never_reaches_the_second(sandbox: Sandbox) -> None:
    known = releases(sandbox)
    configure(sandbox, REGIONS + CRASHING)
    output = sandbox.epochctl("deploy", code=11)
    assert f"deploy failed in 1 of 2 regions: {WEST}" in output
    assert f"{EAST}: not reached" in output
    assert releases(sandbox)[EAST] == known[EAST]
    assert "fix: epochctl deploy" in output


def test_up_of_one_region_repairs_it(sandbox: Sandbox) -> None:
    configure(sandbox, REGIONS)
    output = sandbox.epochctl("up", "--yes", "--region", WEST)
    assert f"{URL} answers." in output
    assert EAST not in output
    verified = told(sandbox.epochctl("verify", "-o", "json"))
    assert verified["answered"] in (WEST, EAST)
    for region in (WEST, EAST):
        assert "TLS" in verified["regions"][region]["layers"]


def test_a_region_that_left_the_settings_is_drained_and_removed(sandbox: Sandbox) -> None:
    configure(sandbox, f'regions = ["{WEST}"]\n')
    began = time.monotonic()
    output = sandbox.epochctl("up", "--yes", seconds=600)
    drained = output.index("waiting for clients to go elsewhere")
    assert output.index(f"{EAST} deploy        removing") > drained
    assert time.monotonic() - began > TTL  # no resolver remembers it when its load balancer goes
    assert "Nothing of ours is left." in output
    assert answering(sandbox) == WEST


def test_down_leaves_nothing_in_either(sandbox: Sandbox, before: list[str]) -> None:
    configure(sandbox, REGIONS)  # what is left of the second is its state
    output = sandbox.epochctl("down", "--yes", "--delete-state", seconds=600)
    assert output.count("Nothing of ours is left.") == 2
    assert sandbox.inventory() == before
