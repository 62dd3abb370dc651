"""The picture in README is drawn from the record of a real run, by the console as it is now."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType

import pytest
from loading import load

DOCS = Path(__file__).resolve().parents[2] / "docs"


@pytest.fixture(scope="module")
def picture() -> ModuleType:
    return load(DOCS / "picture.py")


def test_the_picture_is_what_the_console_draws(picture: ModuleType) -> None:
    assert picture.PICTURE.read_text() == picture.drawn(), "run python docs/picture.py"


def test_it_shows_every_step_of_the_run(picture: ModuleType) -> None:
    entries = [json.loads(line) for line in picture.RECORD.read_text().splitlines()]
    drawn = picture.drawn().replace("&#160;", " ")
    assert [step for step in entries[0]["steps"] if step not in drawn] == []
    assert "epoch.sandbox.test/" in drawn
    assert not {"who", "pid"} & {key for entry in entries for key in entry}


def test_readme_shows_it() -> None:
    assert "docs/up.svg" in (DOCS.parent / "README.md").read_text()
