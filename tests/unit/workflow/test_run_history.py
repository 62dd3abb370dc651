"""The journal as a person reads it: what ran, how it ended, also where the end was never written."""

from __future__ import annotations

import os
from pathlib import Path

from epochctl.workflow import run_history
from epochctl.workflow.events import RunFinished, RunStarted, StepFailed, StepFinished
from epochctl.workflow.journal import Journal


def test_newest_first_with_how_each_ended(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    first, second = Journal(path), Journal(path)
    first(RunStarted("", "up", ("deploy",)))
    first(StepFailed("deploy", 2.0, "no room", "quota", "ask"))
    first(RunFinished("", False, 3.0, "deploy failed"))
    second(RunStarted("", "down", ()))
    second(StepFinished("deploy", True, 1.0, ""))
    second(RunFinished("", True, 65.0, ""))
    found = {run.command: run for run in run_history.read(path)}
    assert (found["up"].ending, found["up"].failures[0].what) == ("failed", "no room")
    assert (found["down"].ending, found["down"].seconds, found["down"].worked) == ("ok", 65.0, True)


def test_one_process_may_run_twice(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    for command in ("plan", "up"):
        journal(RunStarted("", command, ()))
        journal(RunFinished("", True, 1.0, ""))
    assert {run.command for run in run_history.read(tmp_path / "journal.jsonl")} == {"plan", "up"}


def test_without_an_end_it_was_killed_or_is_still_at_work(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    Journal(path)(RunStarted("", "up", ()))
    assert run_history.read(path)[0].ending == "under way"
    path.write_text(path.read_text().replace(f'"pid": {os.getpid()}', '"pid": 4194305'))
    assert run_history.read(path)[0].ending == "killed"


def test_a_half_written_line_and_no_journal_are_no_error(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    assert run_history.read(path) == ()
    Journal(path)(RunStarted("", "up", ()))
    with path.open("a") as file:
        file.write('{"at": "2026-11-')
    assert len(run_history.read(path)) == 1


def test_what_was_rotated_away_is_still_read(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    Journal(path)(RunStarted("", "up", ()))
    path.rename(tmp_path / "journal.jsonl.1")
    Journal(path)(RunStarted("", "down", ()))
    assert {run.command for run in run_history.read(path)} == {"up", "down"}
