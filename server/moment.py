"""A second of time in the words we publish. Knows nothing of http."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True)
class Moment:
    """Seconds since 1970-01-01T00:00:00Z, as one region saw them."""

    epoch: int
    region: str = ""

    @property
    def iso(self) -> str:
        return datetime.fromtimestamp(self.epoch, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def as_text(self) -> str:
        return f"{self.epoch}\n"

    def as_json(self) -> str:
        return json.dumps({"epoch": self.epoch, "iso": self.iso, "region": self.region or None}) + "\n"
