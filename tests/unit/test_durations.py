"""Lengths of time, said and typed."""

from __future__ import annotations

import pytest

from epochctl.durations import format_duration, parse_duration


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (59.9, "59 s"), (61, "1 min 01 s"), (3725, "1 h 02 min"), (180000, "2 d 02 h"), (-5, "0 s")],
)
def test_spelled(seconds: float, words: str) -> None:
    assert format_duration(seconds) == words


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90", 90), ("90s", 90), ("10m", 600), ("1h30m", 5400), ("1.5h", 5400), ("2d", 172800)],
)
def test_typed(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "soon", "-5", "--yes", "10 min", "m", "1x"])
def test_not_a_length_of_time(text: str) -> None:
    assert parse_duration(text) is None
