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
    assert options.hoisted(line) == ordered


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
        (["up", "--sandbox"], ["epoch-sandbox", "exec", "--", "epochctl", "up", "--yes"]),
        (["up", "--sandbox", "--yes"], ["epoch-sandbox", "exec", "--", "epochctl", "up", "--yes"]),
        (["up", "--plan", "--sandbox"], ["epoch-sandbox", "exec", "--", "epochctl", "up", "--plan"]),
        (
            ["down", "--sandbox", "--yes"],
            ["epoch-sandbox", "exec", "--then-down", "--", "epochctl", "down", "--yes"],
        ),
        (
            ["status", "--sandbox", "-o", "json"],
            ["epoch-sandbox", "exec", "--", "epochctl", "status", "-o", "json"],
        ),
    ],
)
def test_the_same_line_runs_inside(
    executed: list[list[str]], monkeypatch: pytest.MonkeyPatch, line: list[str], inside: list[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["epochctl", *line])
    assert run(line) == 0
    assert executed == [inside]


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
    ("line", "advice", "shown"),
    [
        (["status"], "epochctl up", "epochctl up"),
        (["--verbose", "--environment", "two", "status"], "epochctl up", "epochctl --environment two up"),
        (
            ["--region=r", "-C", "a b", "logs"],
            "wait: epochctl up --wait\nor: epochctl unlock",
            "wait: epochctl --region=r -C 'a b' up --wait\nor: epochctl --region=r -C 'a b' unlock",
        ),
        (["--region", "us-east-1", "up"], "epochctl up --region R", "epochctl up --region R"),
        (["--environment", "two", "build"], "install epochctl[sandbox]", "install epochctl[sandbox]"),
        (["exec", "--", "--environment", "two"], "epochctl up", "epochctl up"),
    ],
)
def test_advice_is_for_the_place_that_was_meant(line: list[str], advice: str, shown: str) -> None:
    assert options.addressed(advice, line) == shown
