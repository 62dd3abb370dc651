"""The git program: which commit this is, and which files changed. Only asks, never changes anything."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from epochctl.errors import SettingsError, ToolError
from epochctl.tools import process

_REMOTE = re.compile(r"github\.com[:/]([\w.-]+/[\w.-]+?)(?:\.git)?/?$")


class Git:
    """The repository that a directory belongs to. Paths are relative to that directory."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def root(self) -> Path | None:
        """Where the repository begins; None outside of one, or without git."""
        found = self._ask("rev-parse", "--show-toplevel")
        return Path(found.strip()) if found else None

    def head(self) -> str:
        """The commit, "" where there is none."""
        return (self._ask("rev-parse", "--verify", "--quiet", "HEAD") or "").strip()

    def changed(self, base: str) -> tuple[str, ...]:
        """Files that differ from where the history left `base`. Raises SettingsError where unknown."""
        found = self._ask("diff", "--name-only", "--relative", "-z", f"{base}...HEAD")
        if found is None:
            raise SettingsError(
                f"git does not know what changed since {base}",
                why="no such commit here, or the history is cut off",
                fix="correct --base, or fetch the whole history (fetch-depth: 0)",
            )
        return tuple(path for path in found.split("\0") if path)

    def blobs(self) -> tuple[tuple[str, str], ...]:
        """(path, git's hash of what stands in it) of every file as it is, edited ones and new ones too."""
        found = dict(
            _staged(line) for line in (self._ask("ls-files", "--stage", "-z") or "").split("\0") if line
        )
        edited = (
            self._ask("ls-files", "-z", "--modified", "--deleted", "--others", "--exclude-standard") or ""
        )
        for path in dict.fromkeys(path for path in edited.split("\0") if path):
            found[path] = _hashed(self._directory / path)
        return tuple(found.items())

    def remote(self) -> str:
        """owner/name on GitHub of what is called origin, "" where it is elsewhere."""
        found = _REMOTE.search((self._ask("remote", "get-url", "origin") or "").strip())
        return found[1] if found else ""

    def _ask(self, *words: str) -> str | None:
        """What git says, None where it ends with a failure or is not there."""
        try:
            path = process.find("git", fix="install git")
            done = process.run([path, "-C", str(self._directory), *words], timeout=60)
        except ToolError:
            return None
        return done.stdout if done.code == 0 else None


def _staged(line: str) -> tuple[str, str]:
    head, _, path = line.partition("\t")
    return path, head.split()[1]


def _hashed(path: Path) -> str:
    """As git hashes a file; "" for one that is gone."""
    try:
        content = path.read_bytes()
    except OSError:
        return ""
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
