"""What is needed against what is left: both numbers, before anything begins."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime

import pytest

from epochctl.errors import CredentialsError
from epochctl.workflow.budget import Budget, Remaining

EDGES = {"infra": (), "build": (), "deploy": ("infra", "build")}
EXPECTED = {"infra": 900.0, "build": 60.0, "deploy": 100.0}
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def left(seconds: float, renewed: bool = False) -> Remaining:
    return Remaining(seconds, NOON, "env", renewed)


def begun(
    now: Remaining | None, *, again: Remaining | None = None, due: Collection[str] = EDGES
) -> list[str]:
    said: list[str] = []
    Budget("up", EXPECTED, lambda: now, lambda: again, said.append).begin(EDGES, lambda: due)
    return said


def test_enough_is_told_with_both_numbers() -> None:
    (line,) = begun(left(1500))
    assert line == (
        "the credentials last another 25 min 00 s; up takes about 16 min 40 s, × 1.5 = 25 min 00 s"
    )


def test_too_little_is_refused_with_both_numbers() -> None:
    with pytest.raises(CredentialsError) as refused:
        begun(left(1499))
    assert refused.value.exit_code == 5
    assert "24 min 59 s" in refused.value.why
    assert "25 min 00 s" in refused.value.why
    assert "12:00:00 UTC" in refused.value.why


def test_only_what_is_due_counts() -> None:
    assert "1 min 40 s" in begun(left(200), due=("deploy",))[0]


def test_a_source_that_gives_newer_ones_is_asked() -> None:
    assert "1 h 00 min" in begun(left(200), again=left(3600))[0]


def test_credentials_that_are_renewed_or_have_no_end_are_enough() -> None:
    assert "renewed by their source" in begun(left(10, renewed=True))[0]
    assert begun(None) == []


def test_a_step_that_would_outlast_them_is_not_begun() -> None:
    budget = Budget("up", EXPECTED, lambda: left(149), lambda: None, lambda line: None)
    budget("build")
    with pytest.raises(CredentialsError, match="deploy is not begun"):
        budget("deploy")
