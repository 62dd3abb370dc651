"""The tutorial and the how-to guides, typed in an empty directory: every marked block, page after page.

One world of its own; each guide is one shell, which begins in the tutorial's directory. example.com, whose
zone is in Route 53, is sandbox.test there, and example.net, whose zone is not, elsewhere.test. Nobody is
there to be asked, so what asks gets `--yes`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import documents
import pytest
from documents import ROOT, Block
from sandboxed import Sandbox, world

pytestmark = pytest.mark.timeout(1200)

ASKING = re.compile(r"\b(epochctl (?:--\S+ )*(?:down|rollback))\b(?!.*--yes)")
ZONES = {"example.com": "sandbox.test", "example.net": "elsewhere.test"}
# What a shell knows goes on in the next block of its page: where it is, and its variables.
SHELL = """\
set -e
if [ -f {shell} ]; then . {shell}; fi
{lines}
{{ export -p; echo "cd '$PWD'"; }} >{shell}
"""


def blocks() -> list[Block]:
    """The tutorial's, then the guides', then what ends it all."""
    pages = [ROOT / "docs" / "tutorial.md", *sorted((ROOT / "docs" / "how-to").glob("*.md"))]
    found = [block for page in pages for block in documents.blocks(page)]
    return sorted(found, key=lambda block: block.last)


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with world(tmp_path_factory.mktemp("documents"), "documents") as made:
        yield made


@pytest.fixture(scope="module")
def before(sandbox: Sandbox) -> frozenset[str]:
    """What the account holds that no page has made."""
    return frozenset(sandbox.inventory())


@pytest.mark.usefixtures("before")
@pytest.mark.parametrize("block", [pytest.param(block, id=block.place) for block in blocks()])
def test_a_block_of_the_pages_runs(sandbox: Sandbox, block: Block) -> None:
    lines = "\n".join(map(typed, block.lines))
    shell = sandbox.directory / f".shell-{block.page.replace('/', '-')}"
    script = SHELL.format(shell=shell, lines=lines)
    sandbox.run("env", "-u", "API_HOSTNAME", "sh", "-c", script, code=block.code, seconds=900)


def typed(line: str) -> str:
    """As it is typed here."""
    for zone, there in ZONES.items():
        line = line.replace(zone, there)
    return ASKING.sub(r"\1 --yes", line)


def test_nothing_is_left(sandbox: Sandbox, before: frozenset[str]) -> None:
    """But the state's bucket, which `down` says that it keeps."""
    assert "nothing" in sandbox.epochctl("down", "--yes").lower()
    left = set(sandbox.inventory()) - before
    assert sorted(line for line in left if not line.startswith("s3/")) == []
