"""Layers are asked in order and once, within a time limit; one that needs a broken one is not asked."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from epochctl.diagnosis import Finding, diagnose
from epochctl.diagnosis.finding import absent, ok, wrong
from epochctl.diagnosis.layers import Layer
from epochctl.errors import ClusterError

CONTEXT: Any = object()


def findings(*questions: Any, timeout: float = 5, total: float = 60) -> list[Finding]:
    layers = [Layer(name, ask, needs) for name, ask, needs in questions]
    return list(diagnose(CONTEXT, timeout, total, layers=layers, client_layers=lambda *_: iter(())))


def test_what_needs_a_broken_layer_is_not_asked() -> None:
    found = findings(
        ("credentials", lambda _: ok("credentials", "me"), ()),
        ("cluster", lambda _: absent("cluster", "none"), ("credentials",)),
        ("pods", lambda _: pytest.fail("asked"), ("cluster",)),
        ("DNS record", lambda _: wrong("DNS record", "not there", "epochctl up"), ("credentials",)),
    )
    assert [(one.layer, one.state) for one in found] == [
        ("credentials", "ok"),
        ("cluster", "absent"),
        ("pods", "unknown"),
        ("DNS record", "wrong"),
    ]
    assert found[2].cause == "not asked: cluster first"


def test_an_error_becomes_the_cause() -> None:
    def refuses(context: object) -> Finding:
        raise ClusterError("cluster c does not answer", why="timed out", fix="check the network")

    (found,) = findings(("cluster", refuses, ()))
    assert (found.state, found.cause) == ("wrong", "cluster c does not answer: timed out")
    assert found.next == "check the network"


def test_an_unexpected_error_does_not_end_the_diagnosis() -> None:
    found = findings(("nodes", lambda _: 1 / 0, ()), ("DNS record", lambda _: ok("DNS record", "right"), ()))
    assert [one.state for one in found] == ["unknown", "ok"]
    assert "ZeroDivisionError" in found[0].cause


def test_a_layer_that_does_not_answer_is_unknown_in_time() -> None:
    never = threading.Event()

    def hangs(context: object) -> Finding:
        never.wait(30)
        return ok("cluster", "at last")

    (found,) = findings(("cluster", hangs, ()), timeout=0.05)
    never.set()
    assert found.state == "unknown"
    assert "no answer within" in found.cause


def test_all_layers_together_have_a_time_limit() -> None:
    never = threading.Event()

    def hangs(context: object) -> Finding:
        never.wait(30)
        return ok("cluster", "at last")

    questions = [("cluster", hangs, ()), ("DNS record", lambda _: pytest.fail("asked"), ())]
    first, second = findings(*questions, timeout=20, total=0.05)
    never.set()
    assert "no answer within" in first.cause
    assert (second.state, second.cause) == ("unknown", "not asked: 0 s are over")
