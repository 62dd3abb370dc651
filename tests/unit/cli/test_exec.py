"""exec: the command's streams and exit code are ours; a program or pod that is not there is said in words."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from doubles import FakeClients, FakeSteps, injected

from epochctl.cli import app
from epochctl.kube import ExitStatus

NOTHING = open(os.devnull)  # noqa: SIM115  # stays open: a thread may still read it


class Running:
    def __init__(self, ended: ExitStatus) -> None:
        self.ended = ended

    def output(self) -> Iterator[tuple[int, bytes]]:
        yield 1, b"out\n"
        yield 2, b"err\n"

    def write(self, data: bytes) -> None: ...
    def close_input(self) -> None: ...
    def close(self) -> None: ...


class Kube:
    """Two pods, the second one ready."""

    def __init__(self, ended: ExitStatus) -> None:
        self.ended, self.asked = ended, []  # type: ignore[var-annotated]

    def pods(self, namespace: str) -> tuple[Any, ...]:
        shared = {"phase": "Running", "terminating": False}
        return (
            SimpleNamespace(name="ill", ready=False, **shared),
            SimpleNamespace(name="well", ready=True, **shared),
        )

    def execute(self, namespace: str, pod: str, container: str, command: list[str], **how: bool) -> Running:
        self.asked.append((pod, command))
        return Running(self.ended)


@pytest.fixture
def ending(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[ExitStatus], Kube]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("API_HOSTNAME", "epoch.example.com")
    monkeypatch.setattr("sys.stdin", NOTHING)
    return Kube


def run(kube: Kube, words: list[str]) -> int:
    return app.run(words, injected(FakeSteps(), clients=lambda region: FakeClients(region, cluster=kube)))


def test_the_commands_own_code_and_streams(ending: Any, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    kube = ending(ExitStatus(7))
    assert run(kube, ["exec", "--", "python3", "--version", "--verbose"]) == 7
    assert kube.asked == [("well", ["python3", "--version", "--verbose"])], "the first that is ready"
    said = capfdbinary.readouterr()
    assert (said.out, said.err) == (b"out\n", b"err\n")


def test_a_named_pod(ending: Any) -> None:
    kube = ending(ExitStatus(0))
    assert run(kube, ["exec", "--pod", "ill", "--", "true"]) == 0
    assert kube.asked[0][0] == "ill"


def test_no_such_pod_names_those_there_are(ending: Any, capfd: pytest.CaptureFixture[str]) -> None:
    kube = ending(ExitStatus(0))
    assert run(kube, ["exec", "--pod", "gone", "--", "true"]) == 16
    assert "there are: ill, well" in capfd.readouterr().err


def test_no_shell_is_said(ending: Any, capfd: pytest.CaptureFixture[str]) -> None:
    kube = ending(ExitStatus(None, 'exec: "sh": executable file not found in $PATH'))
    assert run(kube, ["exec", "--", "sh"]) == 16
    error = capfd.readouterr().err
    assert "no program sh in pod well" in error
    assert "python3 is there" in error
