"""Parts that `epochctl eject` copied out, compared with those of this epochctl: versions and differences."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path

from epochctl import __version__
from epochctl.command import Command
from epochctl.config import package_files
from epochctl.config.settings import Settings

LEFT_OUT = {"__pycache__", ".terraform"}  # what tools leave behind; neither copied nor compared


@dataclass(frozen=True)
class EjectedPart:
    """One part. path: as in the settings; copied_from: the version that it was copied from, "" where that is
    not recorded; differing_files: those that are not equal to this epochctl's.
    """

    part: str
    path: str
    copied_from: str
    differing_files: tuple[str, ...]

    @property
    def is_outdated(self) -> bool:
        """Return whether this epochctl may have changes that the part lacks."""
        return bool(self.differing_files) and self.copied_from != __version__

    @property
    def version_text(self) -> str:
        """Return both versions for a message."""
        return f"copied from epochctl {self.copied_from or '(not written down which)'}, this is {__version__}"

    @property
    def remedy(self) -> str:
        """Return what to do where it is outdated."""
        line = f'{self.part}_from = "{__version__}"'
        return f"{Command('eject', '--diff', self.part)}; when yours has what it needs: {line} in [ejected]"


def parts(settings: Settings) -> tuple[EjectedPart, ...]:
    """Return the parts that were ejected."""
    found = []
    for part in package_files.PARTS:
        path = getattr(settings.ejected, part)
        if path:
            differing = tuple(name for name, _, _ in _pairs(settings, part))
            found.append(EjectedPart(part, path, getattr(settings.ejected, f"{part}_from"), differing))
    return tuple(found)


def difference(settings: Settings, part: str) -> Iterator[str]:
    """Yield a unified diff from the user's files to those of this epochctl."""
    for name, own, shipped in _pairs(settings, part):
        old, new = _lines(own), _lines(shipped)
        before = name if own.is_file() else "/dev/null"
        after = f"{name} (epochctl {__version__})" if shipped.is_file() else "/dev/null"
        yield from unified_diff(old, new, before, after, lineterm="")


def _pairs(settings: Settings, part: str) -> Iterator[tuple[str, Path, Path]]:
    """Name, the user's file and ours, of each that differs; one of them may be missing."""
    own, shipped = settings.files_of(part), package_files.find(package_files.PARTS[part])
    for name in sorted({*_names(own), *_names(shipped)}):
        left, right = (own / name, shipped / name) if name else (own, shipped)
        if _bytes(left) != _bytes(right):
            yield str(Path(getattr(settings.ejected, part)) / name), left, right


def _names(root: Path) -> Iterator[str]:
    """Of every file below, relative to it; "" where it is a file itself."""
    if root.is_file():
        yield ""
    for path in root.rglob("*"):
        relative = path.relative_to(root)
        if path.is_file() and not LEFT_OUT & set(relative.parts):
            yield str(relative)


def _bytes(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8", errors="replace").splitlines() if path.is_file() else []
