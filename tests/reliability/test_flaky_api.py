"""Every fifth call of AWS's APIs is throttled or breaks off: `up` and `down` still end well."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from evidence import Evidence
from sandboxed import Sandbox

TOPIC = "flaky API"
SHARE = "20 % of all API calls throttled or their connection reset"
SECONDS = 900


@pytest.fixture(scope="module")
def flaky(sandbox: Sandbox) -> Iterator[Sandbox]:
    """A world in which it has been so from the beginning."""
    with sandbox.fault("throttle", "share=0.2", "mode=mixed"):
        yield sandbox


@pytest.fixture(scope="module")
def before(flaky: Sandbox) -> list[str]:
    return flaky.inventory()


@pytest.mark.timeout(1200)
def test_up_brings_the_service_up(flaky: Sandbox, before: list[str], evidence: Evidence) -> None:
    with evidence(TOPIC, f"{SHARE}, during a first `up`") as row:
        output = flaky.epochctl("up", "--yes", seconds=SECONDS)
        assert "https://epoch.sandbox.test/ answers." in output
        row.happened = "the service is up and verified"


@pytest.mark.timeout(1200)
def test_up_again_changes_nothing(flaky: Sandbox, evidence: Evidence) -> None:
    there = flaky.inventory()
    with evidence(TOPIC, f"{SHARE}, during a second `up`") as row:
        output = flaky.epochctl("up", "--yes", seconds=SECONDS)
        assert "answers." in output
        assert flaky.inventory() == there
        row.happened = "nothing was changed: the account's inventory is the same"


@pytest.mark.timeout(1200)
def test_down_leaves_nothing(flaky: Sandbox, before: list[str], evidence: Evidence) -> None:
    with evidence(TOPIC, f"{SHARE}, during `down`") as row:
        output = flaky.epochctl("down", "--yes", "--delete-state", seconds=SECONDS)
        assert "Nothing of ours is left." in output
        assert flaky.inventory() == before
        row.happened = "the account is as it was before `up`"
