"""Which files a region's plan depends on: by their paths alone. Knows no git."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from epochctl.config.settings import Settings

_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-\d+")
_SHARED = ("epochctl.toml", ".github/workflows/epochctl-")


@dataclass(frozen=True)
class Rules:
    """regions: of the settings; own: the folder of a terraform that the user owns, "" for ours."""

    regions: tuple[str, ...]
    own: str = ""

    def concerned(self, path: str) -> tuple[str, ...]:
        """The regions that a file is about: one that it names in its path, all of them, or none."""
        shared = (*_SHARED, f"{self.own.strip('/')}/") if self.own else _SHARED
        if not path.startswith(shared):
            return ()
        named = {part for part in re.split(r"[/.]", path) if _REGION.fullmatch(part)}
        return tuple(region for region in self.regions if not named or region in named)

    def changed(self, paths: Iterable[str]) -> tuple[str, ...]:
        """The regions that any of these files is about, in their order."""
        found = {region for path in paths for region in self.concerned(path)}
        return tuple(region for region in self.regions if region in found)

    def digest(self, blobs: Iterable[tuple[str, str]], region: str) -> str:
        """Of the files that a region's plan depends on. blobs: (path, git's hash of what stands in it)."""
        told = sorted(f"{path}\0{blob}" for path, blob in blobs if region in self.concerned(path))
        return "sha256:" + hashlib.sha256("\n".join(told).encode()).hexdigest()


def rules(settings: Settings) -> Rules:
    return Rules(settings.regions, settings.ejected.terraform)
