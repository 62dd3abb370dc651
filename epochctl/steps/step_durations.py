"""How long each step usually takes on AWS, and how long it took here: an estimate, never a decision about
what is done.

Knows the steps by name only.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

# Seconds, from nothing to there and back. The cluster is most of it, both ways.
UP = {
    "acm-cert": 180.0,
    "infra-up": 960.0,
    "build": 60.0,
    "push": 30.0,
    "lb-controller": 120.0,
    "deploy": 180.0,
    "dns": 60.0,
    "verify": 60.0,
}
DOWN = {
    "verify": 0.0,
    "dns": 60.0,
    "deploy": 180.0,
    "lb-controller": 90.0,
    "push": 0.0,
    "build": 0.0,
    "infra-up": 840.0,
    "acm-cert": 60.0,
}
# What took less than this part of the usual changed only a little of what the step makes.
PART = 1 / 20


def expected(command: str, journal: Path) -> Mapping[str, float]:
    """Seconds by step for `up` or `down`: the longest on record here, else the usual."""
    usual = DOWN if command == "down" else UP
    known: dict[str, float] = {}
    for name, seconds in _recorded(journal, command):
        if seconds >= usual.get(name, 0.0) * PART:
            known[name] = max(seconds, known.get(name, 0.0))
    return {**usual, **known}


def _recorded(journal: Path, command: str) -> Iterator[tuple[str, float]]:
    """Of runs of that command: the steps that changed something, and their seconds."""
    running: dict[str, str] = {}
    for entry in _entries(journal):
        run = str(entry.get("run", ""))
        if entry.get("event") == "run_started":
            running[run] = str(entry.get("command", ""))
        elif entry.get("event") == "step_finished" and entry.get("changed") and running.get(run) == command:
            yield str(entry.get("step", "")), float(entry.get("seconds", 0.0))


def _entries(journal: Path) -> Iterator[dict[str, Any]]:
    for path in (journal.with_name(journal.name + ".1"), journal):
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except OSError:
            continue
        for line in lines:
            try:
                entry = json.loads(line)
            except ValueError:
                continue  # half a line: its writer was killed
            if isinstance(entry, dict):
                yield entry
