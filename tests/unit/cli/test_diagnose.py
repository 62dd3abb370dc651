"""diagnose as it is read: a line a layer, the next command under a cause, the first cause at the end."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from doubles import FakeSteps, injected

from epochctl.cli.app import run
from epochctl.diagnosis import Finding
from epochctl.operations.diagnose import summary

FOUND = (
    Finding("credentials", "ok", "arn:me"),
    Finding("controller", "wrong", "scaled to 0\n  | its last words", "epochctl lb-controller install"),
    Finding("webhook", "unknown", "not asked: controller first"),
    Finding("DNS record", "wrong", "not there", "epochctl up"),
)


def diagnosed(monkeypatch: pytest.MonkeyPatch, directory: Path, *words: str) -> int:
    monkeypatch.chdir(directory)
    monkeypatch.setenv("API_HOSTNAME", "epoch.example.com")
    return run(["diagnose", *words], injected(FakeSteps(), diagnose=lambda context: iter(FOUND)))


def test_the_first_cause_and_the_next_command(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert diagnosed(monkeypatch, tmp_path) == 0
    out = capsys.readouterr().out
    assert "credentials        ok      arn:me\n" in out
    assert "controller         WRONG   scaled to 0\n" in out
    assert "| its last words\n" in out
    assert out.endswith(
        "First cause: controller: scaled to 0 (1 more above)\nNext: epochctl lb-controller install\n"
    )


def test_for_programs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert diagnosed(monkeypatch, tmp_path, "-o", "json") == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert [one["layer"] for one in told["findings"]] == [one.layer for one in FOUND]
    assert told["first"]["layer"] == "controller"


def test_nothing_wrong_is_not_the_same_as_no_answer() -> None:
    assert summary([FOUND[0]]) == ("Nothing is wrong.",)
    silent = Finding("cluster", "unknown", "no answer within 20 s")
    assert summary([FOUND[0], silent]) == ("No cause was found; no answer from: cluster",)
