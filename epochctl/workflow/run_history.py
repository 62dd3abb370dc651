"""The journal read for a person: which runs there were and how each ended. Decides nothing."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Failure:
    """One step's failure, in the words that were shown."""

    step: str
    what: str
    why: str
    fix: str


@dataclass(frozen=True)
class RecordedRun:
    """One command. ok: None where it never told how it ended; alive: that is because it is still at work."""

    when: datetime
    command: str
    who: str
    ok: bool | None = None
    alive: bool = False
    seconds: float = 0.0
    detail: str = ""
    worked: bool = False  # some step was applied or removed; else it only looked
    failures: tuple[Failure, ...] = field(default=())

    @property
    def ending(self) -> str:
        """How it ended, in a word or two."""
        if self.ok is None:
            return "under way" if self.alive else "killed"
        return "ok" if self.ok else "failed"


def read(path: Path) -> tuple[RecordedRun, ...]:
    """The runs in the journal at `path` and in the file before it, the newest first."""
    return tuple(sorted(_runs(entries(path)), key=lambda run: run.when, reverse=True))


def entries(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the events of the file before the journal at `path`, then of the journal itself, oldest first.

    A line that is no event is skipped: a process that was killed may have written half of it.
    """
    for file in (path.with_name(path.name + ".1"), path):
        try:
            text = file.read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        for line in text.splitlines():
            try:
                entry = json.loads(line)
            except ValueError:
                continue
            if isinstance(entry, dict) and "at" in entry and "event" in entry:
                yield entry


def _runs(events: Iterable[dict[str, Any]]) -> list[RecordedRun]:
    ended: list[RecordedRun] = []
    under_way: dict[str, RecordedRun] = {}  # a process may begin one after the other under one id
    for entry in events:
        key, kind = str(entry.get("run", "")), entry["event"]
        if kind == "run_started":
            if key in under_way:
                ended.append(under_way.pop(key))
            under_way[key] = _begun(entry)
        elif key in under_way and kind == "run_finished":
            ended.append(_finished(under_way.pop(key), entry))
        elif key in under_way:
            under_way[key] = _told(under_way[key], entry)
    return ended + list(under_way.values())


def _begun(entry: dict[str, Any]) -> RecordedRun:
    who = str(entry.get("who", ""))
    return RecordedRun(
        _time(entry["at"]), str(entry.get("command", "")), who, alive=_alive(who, entry.get("pid"))
    )


def _finished(run: RecordedRun, entry: dict[str, Any]) -> RecordedRun:
    return replace(
        run,
        ok=bool(entry.get("ok")),
        alive=False,
        seconds=float(entry.get("seconds", 0)),
        detail=str(entry.get("detail", "")),
    )


def _told(run: RecordedRun, entry: dict[str, Any]) -> RecordedRun:
    if entry["event"] == "step_failed":
        words = (str(entry.get(key, "")) for key in ("step", "what", "why", "fix"))
        return replace(run, failures=(*run.failures, Failure(*words)), worked=True)
    return replace(run, worked=run.worked or entry["event"] == "step_finished")


def _alive(who: str, pid: object) -> bool:
    """Of another machine nothing is known, so nothing is said."""
    if not isinstance(pid, int) or who.rpartition("@")[2] != socket.gethostname():
        return False
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True
    except OSError:
        return False
    return True


def _time(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return datetime.fromtimestamp(0, UTC)
