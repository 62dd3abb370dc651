"""Estimates of how long each step takes: typical durations on AWS, and those in this directory's journal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from epochctl.workflow import run_history

# Seconds for creating everything and for deleting everything. The EKS cluster takes most of them.
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
# A step that took less than this fraction of its typical duration changed only a small part of its resources.
MIN_FRACTION = 1 / 20


def expected_durations(command: str, journal: Path) -> Mapping[str, float]:
    """Return seconds by step for `up` or `down`: the longest in the journal, else the typical duration."""
    typical = DOWN if command == "down" else UP
    longest: dict[str, float] = {}
    for name, seconds in _recorded(journal, command):
        if seconds >= typical.get(name, 0.0) * MIN_FRACTION:
            longest[name] = max(seconds, longest.get(name, 0.0))
    return {**typical, **longest}


def _recorded(journal: Path, command: str) -> Iterator[tuple[str, float]]:
    """Yield name and seconds of each step that changed something, in runs of `command`."""
    commands: dict[str, str] = {}
    for entry in run_history.entries(journal):
        run = str(entry.get("run", ""))
        if entry["event"] == "run_started":
            commands[run] = str(entry.get("command", ""))
        elif entry["event"] == "step_finished" and entry.get("changed") and commands.get(run) == command:
            yield str(entry.get("step", "")), float(entry.get("seconds", 0.0))
