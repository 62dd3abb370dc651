"""docs/reliability.md is what the evidence says, and every row's test is still there."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType

import pytest
from loading import load

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "reliability.md"


@pytest.fixture(scope="module")
def report() -> ModuleType:
    return load(ROOT / "tests" / "reliability" / "report.py")


def test_the_page_is_generated_from_the_evidence(report: ModuleType) -> None:
    assert PAGE.read_text() == report.document(json.loads(PAGE.with_suffix(".json").read_text()))


def test_every_row_has_its_test(report: ModuleType) -> None:
    rows = json.loads(PAGE.with_suffix(".json").read_text())
    assert [row["test"] for row in rows.values() if not report.exists(row["test"])] == []


def test_a_row_of_a_test_that_is_gone_goes(report: ModuleType, tmp_path: Path) -> None:
    gone = {"test": "tests/reliability/test_gone.py::test_x", "topic": "1", "injected": "x"}
    evidence = tmp_path / "evidence.jsonl"
    here = {"test": "tests/unit/test_reliability_page.py::test_every_row_has_its_test[a]", "topic": "1"}
    evidence.write_text(json.dumps(here | {"injected": "y", "happened": "z", "seconds": 1, "date": "d"}))
    assert [row["injected"] for row in report.merged({"old": gone}, evidence).values()] == ["y"]


def test_what_a_test_injects_no_more_is_in_the_page_no_more(report: ModuleType, tmp_path: Path) -> None:
    here = "tests/unit/test_reliability_page.py::"
    ran, other = f"{here}test_every_row_has_its_test", f"{here}test_a_row_of_a_test_that_is_gone_goes"
    old = {
        "a": {"test": ran, "topic": "1", "injected": "before"},
        "b": {"test": other, "topic": "1", "injected": "still"},
    }
    evidence = tmp_path / "evidence.jsonl"
    evidence.write_text("\n".join(json.dumps({"test": ran, "topic": "1", "injected": text}) for text in "xy"))
    assert [row["injected"] for row in report.merged(old, evidence).values()] == ["still", "x", "y"]
