"""What the reliability tests share: a world a module, and the evidence docs/reliability.md is made of."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from functools import partial

import pytest
from evidence import Evidence, Row, keep, measured
from sandboxed import Sandbox, world

GREEN = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """How the test itself ended, for the fixture that is taken down after it."""
    report = yield
    if report.when == "call":
        item.stash[GREEN] = report.passed
    return report


@pytest.fixture
def evidence(request: pytest.FixtureRequest) -> Iterator[Evidence]:
    """`with evidence(1, "an orphan load balancer") as row: ...; row.happened = "..."`."""
    rows: list[Row] = []
    yield partial(measured, test=request.node.nodeid, rows=rows)
    if request.node.stash.get(GREEN, False):
        keep(rows)


@pytest.fixture(scope="module")
def sandbox(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A world of this module's own; nothing in it yet."""
    name = request.path.stem.removeprefix("test_").replace("_", "-")
    with world(tmp_path_factory.mktemp("project"), name) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def before(sandbox: Sandbox) -> list[str]:
    """What the account holds when the first test that asks for it begins."""
    return sandbox.inventory()


@pytest.fixture(scope="module")
def service(sandbox: Sandbox) -> Sandbox:
    """The same world with the service up."""
    assert "answers." in sandbox.epochctl("up", "--yes")
    return sandbox
