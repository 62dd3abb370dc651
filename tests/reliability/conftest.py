"""What the reliability tests share: a world a module, and the evidence docs/reliability.md is made of."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pytest
from evidence import Evidence, recorded
from sandboxed import Sandbox, world


@pytest.fixture
def evidence(request: pytest.FixtureRequest) -> Evidence:
    """`with evidence(1, "an orphan load balancer") as row: ...; row.happened = "..."`."""
    return partial(recorded, test=request.node.nodeid)


@pytest.fixture(scope="module")
def sandbox(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A world of this module's own; nothing in it yet."""
    name = request.path.stem.removeprefix("test_").replace("_", "-")
    with world(tmp_path_factory.mktemp("project"), name) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def service(sandbox: Sandbox) -> Sandbox:
    """The same world with the service up."""
    assert "answers." in sandbox.epochctl("up", "--yes")
    return sandbox
