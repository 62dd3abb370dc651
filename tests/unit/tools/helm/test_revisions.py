"""Which revision to go back to: one that never ran is "superseded" for helm, so what came after it tells."""

from __future__ import annotations

from datetime import UTC, datetime

from epochctl.tools.helm import ReleaseState, previous, rolled_back


def state(revision: int, content: str, description: str = "", status: str = "superseded") -> ReleaseState:
    return ReleaseState(
        "epoch",
        "epoch-production",
        revision,
        status,
        datetime(2026, 11, 24, tzinfo=UTC),
        "epoch-0.1.0",
        "{}",
        ({"kind": "Deployment", "metadata": {"name": content}},),
        "",
        description,
    )


def number(*history: ReleaseState) -> int | None:
    found = previous(history)
    return found.revision if found else None


def test_the_one_before() -> None:
    assert number(state(1, "a"), state(2, "b"), state(3, "c", status="deployed")) == 2


def test_one_that_a_deploy_took_back_is_passed_over() -> None:
    history = state(1, "a"), state(2, "b"), state(3, "bad"), state(4, "b", "Rollback to 2", "deployed")
    assert rolled_back(history) == {3}
    assert number(*history) == 1, "3 never served, 2 is what runs"


def test_a_failed_one_is_passed_over() -> None:
    assert number(state(1, "a"), state(2, "b", status="failed"), state(3, "c", status="deployed")) == 1


def test_after_a_return_the_new_deploy_can_go_back_to_the_return() -> None:
    history = state(1, "a"), state(2, "b"), state(3, "a", "Rollback to 1"), state(4, "c", status="deployed")
    assert number(*history) == 3


def test_none_left() -> None:
    assert number(state(1, "a", status="deployed")) is None
    assert number() is None


def test_the_order_in_which_they_are_given_does_not_matter() -> None:
    assert number(state(3, "c", status="deployed"), state(1, "a"), state(2, "b")) == 2
