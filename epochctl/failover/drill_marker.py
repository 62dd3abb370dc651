"""A file beside the region's private files that marks a drill: running, or killed before its repair.

It is written before anything is broken, and removed when everything is repaired.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from epochctl.config.settings import Settings
from epochctl.tools.process import birth_time, is_alive

NAME = "drill.json"


@dataclass(frozen=True)
class DrillMarker:
    """One drill. kind: of the injection; began: a date; pid, birth: identify its process."""

    region: str
    kind: str
    began: str = ""
    pid: int = 0
    birth: str = ""

    @property
    def is_running(self) -> bool:
        """Return whether the drill's process is alive: then it will repair what it broke."""
        return is_alive(self.pid, self.birth)

    @property
    def text(self) -> str:
        """Return a sentence about the drill."""
        if self.is_running:
            return f"A drill is under way in {self.region} since {self.began} (process {self.pid})"
        return (
            f"A drill of {self.began} in {self.region} ended before it had mended what it broke ({self.kind})"
        )


def new_marker(region: str, kind: str) -> DrillMarker:
    """Return the marker of a drill that this process begins now."""
    pid = os.getpid()
    return DrillMarker(region, kind, f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC", pid, birth_time(pid))


def write(settings: Settings, marker: DrillMarker) -> None:
    """Write the marker atomically."""
    path = _path(settings, marker.region)
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_suffix(".new")
    new.write_text(json.dumps(asdict(marker)))
    new.replace(path)


def remove(settings: Settings, region: str) -> None:
    """Remove the region's marker."""
    _path(settings, region).unlink(missing_ok=True)


def find(settings: Settings) -> tuple[DrillMarker, ...]:
    """Return the markers of all regions of the settings."""
    return tuple(one for region in settings.regions if (one := _read(_path(settings, region))))


def _read(path: Path) -> DrillMarker | None:
    try:
        return DrillMarker(**json.loads(path.read_text()))
    except (OSError, ValueError, TypeError):
        return None


def _path(settings: Settings, region: str) -> Path:
    return settings.state_directory(region) / NAME
