"""What `--wait` says while it waits: enough to follow, and no line a second."""

from __future__ import annotations

from epochctl.operations.run_lock import WaitReport, without_repetition
from epochctl.workflow.events import Event, StepProgress, StepWaiting


def lines(seconds: int) -> list[str]:
    """Asked every five seconds, with words that are others each time."""
    spoken, said = WaitReport(), []
    for passed in range(0, seconds + 1, 5):
        said.append(spoken.line(f"since {passed} s", "abc", float(seconds - passed)))
    return list(dict.fromkeys(said))


def test_a_line_a_minute_and_fewer_in_a_long_wait() -> None:
    assert len(lines(600)) <= 17
    assert lines(600)[:3] == ["since 0 s", "since 60 s", "since 120 s"]
    assert lines(7200)[:2] == ["since 0 s", "since 600 s"]
    assert lines(30) == ["since 0 s", "since 10 s", "since 20 s", "since 30 s"]


def test_another_holder_is_said_atwithout_repetition() -> None:
    spoken = WaitReport()
    assert spoken.line("ada", "1", 600.0) == "ada"
    assert spoken.line("ada still", "1", 599.0) == "ada"
    assert spoken.line("bob", "2", 598.0) == "bob"


def test_what_was_said_is_not_said_again() -> None:
    heard: list[Event] = []
    speak = without_repetition(heard.append)
    for cause in ("a", "a", "b", "b"):
        speak(StepWaiting("lock", "the lock", cause, 1.0, 10.0, ""))
    speak(StepProgress("lock", "taken"))
    assert [getattr(event, "cause", "") for event in heard] == ["a", "b", ""]
