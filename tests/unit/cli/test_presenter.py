"""Whoever reads the output goes away in the middle: the run stops in order, and nothing fails for it."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator

import pytest

from epochctl.cli import signals
from epochctl.cli.output.presenter import BrokenPipeGuard
from epochctl.errors import Interrupted
from epochctl.workflow.events import Event, StepProgress

SAID = StepProgress("build", "a line")


class Closed:
    """A pipe after `| head -1`."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self, event: Event) -> None:
        self.asked += 1
        raise BrokenPipeError

    def result(self, fields: dict[str, object], lines: tuple[str, ...] = ()) -> None:
        raise BrokenPipeError

    def close(self) -> None:
        raise BrokenPipeError


def test_a_closed_pipe_stops_the_run_and_is_not_written_to_again() -> None:
    stop, closed = threading.Event(), Closed()
    audience = BrokenPipeGuard(closed, stop)
    audience(SAID)
    audience(SAID)
    audience.close()
    assert stop.is_set()
    assert closed.asked == 1


def test_last_words_that_nobody_hears_are_no_success() -> None:
    with pytest.raises(Interrupted, match="everything was done"):
        BrokenPipeGuard(Closed(), threading.Event()).result({})


@pytest.fixture
def terminal() -> Iterator[None]:
    """As at a terminal: under nohup a hang-up is ignored, and so would be the tests'."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.mark.usefixtures("terminal")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signals_stop_the_run(number: signal.Signals) -> None:
    stop = threading.Event()
    with signals.handled(), signals.stopping(stop):
        signal.raise_signal(number)
        assert stop.is_set()


@pytest.mark.usefixtures("terminal")
def test_a_terminal_that_hangs_up_several_times_still_ends_in_order() -> None:
    stop = threading.Event()
    with signals.handled(), signals.stopping(stop):
        for _ in range(5):
            signal.raise_signal(signal.SIGHUP)
        assert stop.is_set()


def test_nohup_is_respected() -> None:
    old = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        stop = threading.Event()
        with signals.handled(), signals.stopping(stop):
            signal.raise_signal(signal.SIGHUP)
        assert not stop.is_set()
    finally:
        signal.signal(signal.SIGHUP, old)
