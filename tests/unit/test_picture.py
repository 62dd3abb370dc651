"""The picture in README is drawn from the record of a real run, by the console as it is now."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import pytest

DOCS = Path(__file__).resolve().parents[2] / "docs"


@pytest.fixture(scope="module")
def picture() -> ModuleType:
    spec = importlib.util.spec_from_file_location("picture", DOCS / "picture.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


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
