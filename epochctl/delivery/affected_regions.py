"""Which files a region's plan depends on, decided by their paths."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from epochctl.config.settings import Settings

_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-\d+")
_SHARED = ("epochctl.toml", ".github/workflows/epochctl-")


@dataclass(frozen=True)
class PathRules:
    """regions: those of the settings; terraform: the folder of an ejected terraform, "" if there is none."""

    regions: tuple[str, ...]
    terraform: str = ""

    def regions_of(self, path: str) -> tuple[str, ...]:
        """Return the regions that depend on a file: those that its path names, all, or none."""
        shared = (*_SHARED, f"{self.terraform.strip('/')}/") if self.terraform else _SHARED
        if not path.startswith(shared):
            return ()
        named = {part for part in re.split(r"[/.]", path) if _REGION.fullmatch(part)}
        return tuple(region for region in self.regions if not named or region in named)

    def affected(self, paths: Iterable[str]) -> tuple[str, ...]:
        """Return the regions that depend on any of these files, in the order of the settings."""
        found = {region for path in paths for region in self.regions_of(path)}
        return tuple(region for region in self.regions if region in found)

    def digest(self, blobs: Iterable[tuple[str, str]], region: str) -> str:
        """Return a digest of the files that a region's plan depends on. blobs: (path, git blob hash)."""
        lines = sorted(f"{path}\0{blob}" for path, blob in blobs if region in self.regions_of(path))
        return "sha256:" + hashlib.sha256("\n".join(lines).encode()).hexdigest()


def path_rules(settings: Settings) -> PathRules:
    """Return the rules for these settings."""
    return PathRules(settings.regions, settings.ejected.terraform)
