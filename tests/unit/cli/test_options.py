"""Global options stand anywhere, and --sandbox runs the same line inside."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from epochctl.cli import options
from epochctl.cli.app import run
from epochctl.errors import ToolError


@pytest.mark.parametrize(
    ("line", "ordered"),
    [
        (["up", "--region", "eu-west-1", "--yes"], ["--region", "eu-west-1", "up", "--yes"]),
        (["up", "--verbose"], ["--verbose", "up"]),
        (["status", "--environment=two", "-C", "x"], ["--environment=two", "-C", "x", "status"]),
        (["up", "--region"], ["--region", "up"]),
        (["logs", "--", "--verbose"], ["logs", "--", "--verbose"]),
    ],
)
def test_global_options_stand_anywhere(line: list[str], ordered: list[str]) -> None:
    assert options.hoist_global_options(line) == ordered


@pytest.fixture
def executed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[list[str]]:
    """What would have been executed; execv does not come back."""
    lines: list[list[str]] = []

    def execv(path: str, line: list[str]) -> None:
        lines.append([Path(line[0]).name, *[Path(word).name if "/" in word else word for word in line[1:]]])
        raise SystemExit(0)

    for name in ("epoch-sandbox", "epochctl"):
        program = tmp_path / "bin" / name
        program.parent.mkdir(exist_ok=True)
        program.write_text("#!/bin/sh\n")
        program.chmod(0o755)
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    monkeypatch.setattr(options.os, "execv", execv)
    return lines


@pytest.mark.parametrize(
    ("line", "inside"),
    [
        (["up", "--sandbox"], ["--", "epochctl", "--entered", "up", "--yes"]),
        (["up", "--sandbox", "--yes"], ["--", "epochctl", "--entered", "up", "--yes"]),
        (["up", "--plan", "--sandbox"], ["--", "epochctl", "--entered", "up", "--plan"]),
        (["down", "--sandbox", "--yes"], ["--then-down", "--", "epochctl", "--entered", "down", "--yes"]),
        (["status", "--sandbox", "-o", "json"], ["--", "epochctl", "--entered", "status", "-o", "json"]),
    ],
)
def test_the_same_line_runs_inside(
    executed: list[list[str]], monkeypatch: pytest.MonkeyPatch, line: list[str], inside: list[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["epochctl", *line])
    assert run(line) == 0
    assert executed == [["epoch-sandbox", "exec", *inside]]


def test_down_refuses_before_it_goes_inside(
    executed: list[list[str]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO())
    assert run(["down", "--sandbox"]) == 3
    assert executed == []
    assert "--yes" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("line", "variable", "said"),
    [
        (["up", "--sandbox", "--region", "us-wets-2"], "", "us-west-2"),
        (["up", "--sandbox"], "not_a_host", "API_HOSTNAME"),
        (["cert", "status", "--sandbox", "-C", "/nowhere/at/all"], "", "/nowhere/at/all"),
    ],
)
def test_no_sandbox_is_made_for_settings_that_cannot_be_meant(
    executed: list[list[str]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    line: list[str],
    variable: str,
    said: str,
) -> None:
    monkeypatch.setenv("API_HOSTNAME", variable)
    monkeypatch.setattr(sys, "argv", ["epochctl", *line])
    assert run(line) == 3
    assert executed == []
    assert said in capsys.readouterr().err


def test_a_missing_sandbox_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolError, match="epoch-sandbox is not installed"):
        options.enter(options.Globals(tmp_path, None, None, False), True)


@pytest.mark.parametrize(
    ("line", "whole"),
    [
        (["up", "--wait"], ["up", "--wait=1h"]),
        (["up", "--wait", "10m", "--yes"], ["up", "--wait=10m", "--yes"]),
        (["up", "--wait=90s"], ["up", "--wait=90s"]),
        (["up", "--wait", "--yes"], ["up", "--wait=1h", "--yes"]),
        (["failover", "to", "--wait", "us-east-1"], ["failover", "to", "--wait=1h", "us-east-1"]),
        (["failover", "to", "--wait", "all"], ["failover", "to", "--wait=1h", "all"]),
        (["exec", "--", "x", "--wait"], ["exec", "--", "x", "--wait"]),
    ],
)
def test_a_wait_has_a_length(line: list[str], whole: list[str]) -> None:
    assert options.default_wait_value(line) == whole


@pytest.mark.parametrize(
    "words", [["--wait", "soon"], ["--wait=soon"], ["--wait="], ["--sandbox", "--wait", "x"]]
)
@pytest.mark.parametrize("command", [["up"], ["rollback"], ["infra", "up"], ["resume"]])
def test_a_wait_for_no_length_of_time_is_told_before_anything_is_begun(
    executed: list[list[str]], capsys: pytest.CaptureFixture[str], command: list[str], words: list[str]
) -> None:
    assert run([*command, *words]) == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 3
    assert "error: --wait is not a length of time" in told
    assert "expected 90s, 10m or 1h30m" in told
    assert "fix: --wait 1h" in told
    assert executed == []
