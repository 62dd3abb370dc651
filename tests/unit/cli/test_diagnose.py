"""diagnose as it is read: a line a layer, the next command under a cause, the first cause at the end."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from epochctl.cli.app import run
from epochctl.cli.commands.diagnose import summary
from epochctl.diagnosis import Finding

FOUND = (
    Finding("credentials", "ok", "arn:me"),
    Finding("controller", "wrong", "scaled to 0\n  | its last words", "epochctl lb-controller install"),
    Finding("webhook", "unknown", "not asked: controller first"),
    Finding("DNS record", "wrong", "not there", "epochctl up"),
)


@pytest.fixture
def _found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def diagnose(context: Any) -> Iterator[Finding]:
        yield from FOUND

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("API_HOSTNAME", "epoch.example.com")
    monkeypatch.setattr("epochctl.diagnosis.diagnose", diagnose)


@pytest.mark.usefixtures("_found")
def test_the_first_cause_and_the_next_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["diagnose"]) == 0
    out = capsys.readouterr().out
    assert "credentials        ok      arn:me\n" in out
    assert "controller         WRONG   scaled to 0\n" in out
    assert "| its last words\n" in out
    assert out.endswith(
        "First cause: controller: scaled to 0 (1 more above)\nNext: epochctl lb-controller install\n"
    )


@pytest.mark.usefixtures("_found")
def test_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["diagnose", "-o", "json"]) == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert [one["layer"] for one in told["findings"]] == [one.layer for one in FOUND]
    assert told["first"]["layer"] == "controller"


def test_nothing_wrong_is_not_the_same_as_no_answer() -> None:
    assert summary([FOUND[0]]) == ("Nothing is wrong.",)
    silent = Finding("cluster", "unknown", "no answer within 20 s")
    assert summary([FOUND[0], silent]) == ("No cause was found; no answer from: cluster",)
