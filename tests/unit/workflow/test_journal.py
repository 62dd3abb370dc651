"""The journal is readable history, private, bounded, and never in the way."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from epochctl.workflow.events import RunFinished, RunStarted, StepFailed, StepProgress
from epochctl.workflow.journal import Journal


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_it_says_who_when_what_and_how_it_ended(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "journal.jsonl"
    journal = Journal(path, now=lambda: datetime(2026, 11, 24, tzinfo=UTC))
    journal(RunStarted("", "up", ("deploy",)))
    journal(StepProgress("deploy", "not worth keeping"))
    journal(StepFailed("deploy", 2.0, "no room", "quota", "ask"))
    journal(RunFinished("", False, 3.0, "deploy failed"))
    first, second, third = lines(path)
    assert first["at"] == "2026-11-24T00:00:00+00:00"
    assert "@" in str(first["who"])
    assert (second["event"], second["what"]) == ("step_failed", "no room")
    assert third["ok"] is False
    assert path.stat().st_mode & 0o077 == 0


def test_it_keeps_two_files_of_bounded_size(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    journal = Journal(path, limit=2000)
    for _ in range(100):
        journal(RunFinished("", True, 1.0, "x" * 100))
    assert path.stat().st_size <= 2000
    assert sorted(file.name for file in tmp_path.iterdir()) == ["journal.jsonl", "journal.jsonl.1"]


def test_a_place_that_cannot_be_written_does_not_fail_the_run(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    Journal(tmp_path / "file" / "journal.jsonl")(RunFinished("", True, 1.0, ""))
