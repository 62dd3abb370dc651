"""Faults are found, chosen, switched and listed; what is not there is said in one clear error."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sandbox.errors import SandboxError
from sandbox.faults import switchboard
from sandbox.faults.fault import Fault, FaultContext, Options, Stop
from sandbox.faults.switchboard import Switchboard, all_faults

DOCUMENT = Path(__file__).parents[4] / "docs" / "sandbox.md"
NOWHERE: Any = None


class Recorder:
    """A fault that writes down what happens to it."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def start(self, context: FaultContext, options: Options) -> Stop:
        self.seen.append(f"start {options['share']}")
        return lambda: self.seen.append(f"stop {options['share']}")


@pytest.fixture
def recorder(monkeypatch: pytest.MonkeyPatch) -> Recorder:
    made = Recorder()
    fault = Fault("noise", "a noise", made.start, {"share": 0.5, "word": ""})
    monkeypatch.setattr(switchboard, "all_faults", lambda: {"noise": fault})
    return made


def test_a_fault_has_its_defaults_and_what_was_given(recorder: Recorder) -> None:
    board = Switchboard(NOWHERE)
    assert board.start("noise", {"word": "x"}) == "on: noise share=0.5 word=x"
    assert board.lines() == ["on   noise share=0.5 word=x"]
    assert board.stop("noise") == "off: noise"
    assert board.lines() == ["off  noise  a noise"]


def test_one_that_is_on_begins_anew(recorder: Recorder) -> None:
    board = Switchboard(NOWHERE)
    board.start("noise", {})
    board.start("noise", {"share": "1"})
    board.stop("noise")
    assert recorder.seen == ["start 0.5", "stop 0.5", "start 1.0", "stop 1.0"]


def test_one_that_is_off_can_be_stopped(recorder: Recorder) -> None:
    assert Switchboard(NOWHERE).stop("noise") == "noise was not on"


@pytest.mark.parametrize(
    ("name", "given", "words"),
    [
        ("silence", {}, ["no fault is called silence", "one of: noise"]),
        ("noise", {"volume": "1"}, ["noise has no option volume", "its options: share=0.5, word="]),
        ("noise", {"share": "much"}, ["share=much: a number is expected"]),
    ],
)
def test_what_is_not_there_is_said(
    recorder: Recorder, name: str, given: dict[str, str], words: list[str]
) -> None:
    with pytest.raises(SandboxError) as raised:
        Switchboard(NOWHERE).start(name, given)
    assert [word for word in words if word not in str(raised.value)] == []
    assert recorder.seen == []


def test_a_name_that_nobody_has_cannot_be_stopped_either() -> None:
    with pytest.raises(SandboxError, match="no fault is called nonsense"):
        Switchboard(NOWHERE).stop("nonsense")


@pytest.mark.parametrize("name", sorted(all_faults()))
def test_each_fault_stands_in_the_documentation(name: str) -> None:
    assert all_faults()[name].documentation_row() in DOCUMENT.read_text()


def test_the_documentation_names_no_fault_that_is_not_there() -> None:
    section = DOCUMENT.read_text().partition("## Faults")[2].partition("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("| `")]
    assert len(rows) == len(all_faults())
