"""Parallel calls: results by name, errors as they were raised, and a call that hangs."""

from __future__ import annotations

import threading
import time

import pytest

from epochctl.workflow.parallel import ParallelCalls, ResultTimeout, call_within


def test_a_result_is_returned_by_name() -> None:
    calls = ParallelCalls[int](5)
    calls.start("one", lambda: 1)
    calls.start("two", lambda: 2)
    assert (calls.names, calls.result("two"), calls.result("one")) == (("one", "two"), 2, 1)


def test_an_error_of_the_call_is_raised_as_it_is() -> None:
    def fails() -> int:
        raise TimeoutError("the socket's")

    with pytest.raises(TimeoutError, match="the socket's"):
        call_within(5, fails)


def test_calls_that_hang_share_one_deadline() -> None:
    release, start = threading.Event(), time.monotonic()
    calls = ParallelCalls[bool](0.1)
    for name in ("first", "second", "third"):
        calls.start(name, lambda: release.wait(30))
    for name in calls.names:
        with pytest.raises(ResultTimeout):
            calls.result(name)
    release.set()
    assert time.monotonic() - start < 2
