"""The tutorial and the how-to guides, typed line by line in an empty directory: every marked block.

One world of its own. Nobody is there to be asked, so what asks gets `--yes`.
"""

from __future__ import annotations

from collections.abc import Iterator

import documents
import pytest
from documents import ROOT, Block
from sandboxed import Sandbox, world

ASKING = ("epochctl down", "epochctl rollback")


def blocks() -> list[Block]:
    """The tutorial's, then the guides', then what ends it all."""
    pages = [ROOT / "docs" / "tutorial.md", *sorted((ROOT / "docs" / "how-to").glob("*.md"))]
    found = [block for page in pages for block in documents.blocks(page)]
    return sorted(found, key=lambda block: block.last)


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with world(tmp_path_factory.mktemp("documents"), "documents") as made:
        yield made


@pytest.mark.parametrize("block", [pytest.param(block, id=block.place) for block in blocks()])
def test_a_block_of_the_pages_runs(sandbox: Sandbox, block: Block) -> None:
    for line in block.lines:
        typed = f"{line} --yes" if line.startswith(ASKING) else line
        sandbox.run("sh", "-c", typed, seconds=500)


def test_nothing_is_left(sandbox: Sandbox) -> None:
    assert "nothing" in sandbox.epochctl("down", "--yes").lower()
