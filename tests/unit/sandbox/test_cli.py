"""The command line `epoch-sandbox`, without a running instance and, for its API, inside one."""

from __future__ import annotations

import socket
from pathlib import Path
from types import SimpleNamespace

import pytest

from sandbox import cli


def test_inside_is_where_the_control_api_answers() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert cli._is_inside_instance("127.0.0.1", server.getsockname()[1])
    assert not cli._is_inside_instance("127.0.0.1", 1)


def test_commands_without_a_running_instance(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("EPOCH_SANDBOX_CACHE", str(tmp_path))
    assert [cli.main([command]) for command in ("status", "down", "logs")] == [1, 0, 0]
    assert cli.main(["logs", "nonsense"]) == 1


@pytest.mark.parametrize(
    "argv", [["fault", "start"], ["fault", "start", "x", "y"], ["exec"], ["record", "a"]]
)
def test_missing_arguments_are_refused(argv: list[str]) -> None:
    assert cli.main(argv) == 2


@pytest.mark.parametrize(("argv", "line"), [(["env"], "export A=1\n"), (["env", "--tools"], "export B=2\n")])
def test_the_environment_is_printed_for_a_shell(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], argv: list[str], line: str
) -> None:
    instance = SimpleNamespace(environment=lambda: {"A": "1"}, tool_environment=lambda: {"B": "2"})
    monkeypatch.setattr(cli, "_instance", lambda: instance)
    assert cli.main(argv) == 0
    assert capsys.readouterr().out == line
