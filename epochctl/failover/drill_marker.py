"""A drill that is under way, or was killed before it mended what it broke: a note beside the region's files.

Written before anything is broken, removed when all of it is mended. Knows no break's meaning.
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
    """region and kind: what is broken where; pid, birth: whose drill."""

    region: str
    kind: str
    began: str = ""
    pid: int = 0
    birth: str = ""

    @property
    def under_way(self) -> bool:
        """Whether the process that broke it is alive, and will mend it."""
        return is_alive(self.pid, self.birth)

    @property
    def line(self) -> str:
        """For a person."""
        if self.under_way:
            return f"A drill is under way in {self.region} since {self.began} (process {self.pid})"
        return (
            f"A drill of {self.began} in {self.region} ended before it had mended what it broke ({self.kind})"
        )


def new_marker(region: str, kind: str) -> DrillMarker:
    """Of a drill of this process, which begins now."""
    pid = os.getpid()
    return DrillMarker(region, kind, f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC", pid, birth_time(pid))


def write(settings: Settings, one: DrillMarker) -> None:
    """All of it or nothing."""
    path = _path(settings, one.region)
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(asdict(one)))
    fresh.replace(path)


def remove(settings: Settings, region: str) -> None:
    """It is mended."""
    _path(settings, region).unlink(missing_ok=True)


def find(settings: Settings) -> tuple[DrillMarker, ...]:
    """In every region of the settings."""
    return tuple(one for region in settings.regions if (one := _read(_path(settings, region))))


def _read(path: Path) -> DrillMarker | None:
    try:
        return DrillMarker(**json.loads(path.read_text()))
    except (OSError, ValueError, TypeError):
        return None


def _path(settings: Settings, region: str) -> Path:
    return settings.state_directory(region) / NAME
