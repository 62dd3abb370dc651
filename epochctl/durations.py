"""Lengths of time as text: as messages show them and as people type them."""

from __future__ import annotations

import re

_UNITS = {"d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0}
_DURATION = re.compile(r"(?:\d+(?:\.\d+)?[dhms])+|\d+")


def format_duration(seconds: float) -> str:
    """Return 12 s, 3 min 05 s, 2 h 05 min or 3 d 02 h."""
    whole = max(0, int(seconds))
    for size, inner, word, small in ((86400, 3600, "d", "h"), (3600, 60, "h", "min"), (60, 1, "min", "s")):
        if whole >= size:
            return f"{whole // size} {word} {whole % size // inner:02d} {small}"
    return f"{whole} s"


def parse_duration(text: str) -> float | None:
    """Return the seconds of 90, 90s, 10m or 1h30m; None where the text is not a length of time."""
    words = text.strip().lower()
    if not _DURATION.fullmatch(words):
        return None
    if words.isdigit():
        return float(words)
    return sum(float(number) * _UNITS[unit] for number, unit in re.findall(r"(\d+(?:\.\d+)?)([dhms])", words))
