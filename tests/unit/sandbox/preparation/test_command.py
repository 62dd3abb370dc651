"""A program's failure is told in the caller's words, with its last lines and what to do."""

import pytest

from sandbox.errors import SandboxError
from sandbox.preparation.command import output_of, run


def test_output_is_returned_and_messages_are_passed_on() -> None:
    lines: list[str] = []
    out = run(
        ["sh", "-c", "echo building >&2; echo $WORD$GONE"],
        what="x",
        env={"WORD": "done", "GONE": None},
        on_line=lines.append,
    )
    assert (out, lines) == ("done\n", ["building"])


def test_a_failure_says_what_why_and_what_to_do() -> None:
    with pytest.raises(SandboxError) as error:
        run(["sh", "-c", "echo no space >&2; exit 3"], what="building", explain=lambda why: f"fix for {why}")
    assert (error.value.what, error.value.why, error.value.fix) == (
        "building failed",
        "no space",
        "fix for no space",
    )


def test_a_program_that_cannot_be_started() -> None:
    with pytest.raises(SandboxError, match="building failed") as error:
        run(["/nowhere/go"], what="building")
    assert "cannot start /nowhere/go" in error.value.why


def test_a_program_that_hangs_gives_no_answer() -> None:
    assert output_of(["sleep", "5"], seconds=0.05) == ""
    assert output_of(["/nowhere/go"]) == ""
