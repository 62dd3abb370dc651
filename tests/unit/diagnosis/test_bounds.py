"""Layers are asked in order and once, each for so long; what a broken one carries is not asked at all."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from epochctl.diagnosis import Finding, examine, layers
from epochctl.diagnosis.finding import absent, ok, wrong
from epochctl.errors import ClusterError

CASE: Any = object()


def findings(
    monkeypatch: pytest.MonkeyPatch, *given: Any, limit: float = 5, total: float = 60
) -> list[Finding]:
    made = tuple(layers.Layer(name, ask, needs) for name, ask, needs in given)
    monkeypatch.setattr(layers, "LAYERS", made)
    monkeypatch.setattr(layers.endpoint, "walk", lambda *_: iter(()))
    return list(examine(CASE, limit, total))


def test_what_needs_a_broken_layer_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    found = findings(
        monkeypatch,
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


def test_an_error_is_the_cause_in_its_own_words(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses(case: object) -> Finding:
        raise ClusterError("cluster c does not answer", why="timed out", fix="check the network")

    (found,) = findings(monkeypatch, ("cluster", refuses, ()))
    assert (found.state, found.cause) == ("wrong", "cluster c does not answer: timed out")
    assert found.next == "check the network"


def test_a_mistake_of_ours_does_not_end_the_diagnosis(monkeypatch: pytest.MonkeyPatch) -> None:
    found = findings(
        monkeypatch, ("nodes", lambda _: 1 / 0, ()), ("DNS record", lambda _: ok("DNS record", "right"), ())
    )
    assert [one.state for one in found] == ["unknown", "ok"]
    assert "ZeroDivisionError" in found[0].cause


def test_a_layer_that_does_not_answer_is_unknown_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    never = threading.Event()

    def hangs(case: object) -> Finding:
        never.wait(30)
        return ok("cluster", "at last")

    (found,) = findings(monkeypatch, ("cluster", hangs, ()), limit=0.05)
    never.set()
    assert found.state == "unknown"
    assert "no answer within" in found.cause


def test_all_of_it_is_bounded_too(monkeypatch: pytest.MonkeyPatch) -> None:
    never = threading.Event()

    def hangs(case: object) -> Finding:
        never.wait(30)
        return ok("cluster", "at last")

    asked = [("cluster", hangs, ()), ("DNS record", lambda _: pytest.fail("asked"), ())]
    first, second = findings(monkeypatch, *asked, limit=20, total=0.05)
    never.set()
    assert "no answer within" in first.cause
    assert (second.state, second.cause) == ("unknown", "not asked: 0 s are over")
