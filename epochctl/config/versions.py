"""The dated table of versions, versions.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from epochctl.config import package_files

TABLE = package_files.find("versions.toml")


@dataclass(frozen=True)
class Pin:
    """One version. until: the end of its standard support, None where its makers announce none."""

    version: str
    minimum: str
    until: date | None
    support: str

    def days_left(self, today: date) -> int | None:
        """Days of standard support after `today`; None where no end is announced."""
        return None if self.until is None else (self.until - today).days


def pin(name: str) -> Pin:
    """Return the pin of that name, such as eks or tool.helm."""
    entry = _table()
    for part in name.split("."):
        entry = entry[part]
    version = str(entry["version"])
    return Pin(version, str(entry.get("minimum", version)), entry.get("until"), str(entry.get("support", "")))


def tools() -> dict[str, Pin]:
    """Return the pins of the programs that a user installs, by name."""
    return {name: pin(f"tool.{name}") for name in _table()["tool"]}


def all_pins() -> dict[str, Pin]:
    """Return every pin of the table by its name."""
    return {name: pin(name) for name in _names(_table())}


def expiring_pins(today: date) -> tuple[str, ...]:
    """Return a line for each pin whose support ends within `notice` days, or has ended."""
    soon = []
    for name, one in all_pins().items():
        left = one.days_left(today)
        if left is not None and left < notice():
            when = f"ends in {left} days" if left >= 0 else "has ended"
            soon.append(
                f"{name} {one.version}: support {when} ({one.until}): choose a newer one in versions.toml"
            )
    return tuple(soon)


def notice() -> int:
    """Return how many days before an end of support the tests fail."""
    return int(_table()["notice"])


def dated() -> date:
    """Return the day of the table's last review."""
    day: date = _table()["dated"]
    return day


def _names(table: dict[str, Any], prefix: str = "") -> Iterator[str]:
    for key, entry in table.items():
        if isinstance(entry, dict):
            if "version" in entry:
                yield prefix + key
            else:
                yield from _names(entry, f"{prefix}{key}.")


def _table() -> dict[str, Any]:
    return tomllib.loads(TABLE.read_text(encoding="utf-8"))
