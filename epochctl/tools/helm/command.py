"""pyhelm3's seam: its Command, run through tools.process (bounded, interruptible) instead of a shell.

Imports pyhelm3 at the top, so it is itself imported late. Knows no chart and no release in particular.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import semver
from pyhelm3 import errors
from pyhelm3.command import Command

from epochctl.tools import process

VERSION = re.compile(r"v?(\d+\.\d+\.\d+)")


class BoundedCommand(Command):  # type: ignore[misc]
    """Every helm run has a deadline, its own directories, and no shell."""

    def __init__(
        self, executable: str, kubeconfig: Path, env: Mapping[str, str], timeout: float, kept: int
    ) -> None:
        super().__init__(
            executable=executable,
            kubeconfig=kubeconfig,
            history_max_revisions=kept,
            default_timeout=f"{timeout:.0f}s",
        )
        self._env = env
        self._timeout = timeout
        self.inherited: tuple[int, ...] = ()  # open files that helm holds as long as it lives

    async def run(self, command: list[Any], input: bytes | None = None) -> bytes:
        """helm with these arguments; what it printed. Raises pyhelm3's errors."""
        argv = [self._executable, *(str(part) for part in command), "--kubeconfig", str(self._kubeconfig)]
        ended = process.run(
            argv,
            env=self._env,
            stdin=input,
            timeout=self._timeout + 30,
            interrupt_grace=self._timeout,
            inherited=self.inherited,
        )
        if ended.code == 0:
            return ended.stdout.encode()
        kind = errors.ReleaseNotFoundError if "release: not found" in ended.stderr.lower() else errors.Error
        raise kind(ended.code, ended.stdout.encode(), ended.stderr.encode())

    def client_version(self) -> semver.Version:
        """The binary's own version."""
        ended = process.run([self._executable, "version", "--short"], env=self._env, timeout=30)
        found = VERSION.search(ended.stdout)
        return semver.Version.parse(found.group(1) if found else "0.0.0")
