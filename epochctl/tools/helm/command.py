"""pyhelm3's seam: its Command, run through tools.process (bounded, interruptible) instead of a shell.

Imports pyhelm3 at the top, so it is itself imported late. Knows no chart and no release in particular.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import semver
from pyhelm3 import errors
from pyhelm3.command import Command

from epochctl.tools import process

TOKEN = "HELM_KUBETOKEN"  # helm's variable for a bearer token: with it no plugin is started (helm help)
VERSION = re.compile(r"v?(\d+\.\d+\.\d+)")


class BoundedCommand(Command):  # type: ignore[misc]
    """Every helm run has a deadline, its own directories, and no shell.

    token: a fresh one for the cluster, so that helm need not start the kubeconfig's plugin; "" and it does.
    """

    def __init__(
        self,
        executable: str,
        kubeconfig: Path,
        env: dict[str, str],
        timeout: float,
        kept: int,
        token: Callable[[], str] = str,
    ) -> None:
        super().__init__(
            executable=executable,
            kubeconfig=kubeconfig,
            history_max_revisions=kept,
            default_timeout=f"{timeout:.0f}s",
        )
        self._env = env
        self._timeout = timeout
        self._token = token
        self.inherited: tuple[int, ...] = ()  # open files that helm holds as long as it lives

    async def run(self, command: list[Any], input: bytes | None = None) -> bytes:
        """helm with these arguments; what it printed. Raises pyhelm3's errors."""
        argv = [self._executable, *(str(part) for part in command), "--kubeconfig", str(self._kubeconfig)]
        ended = process.run(
            argv,
            env=self._env | ({TOKEN: token} if (token := self._token()) else {}),
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
        return _version_of(self._executable, Path(self._executable).stat().st_mtime_ns, **self._env)


@cache
def _version_of(executable: str, changed: int, **env: str) -> semver.Version:
    """Asked once. changed: when the file was; another file is another question."""
    ended = process.run([executable, "version", "--short"], env=env, timeout=30)
    found = VERSION.search(ended.stdout)
    return semver.Version.parse(found.group(1) if found else "0.0.0")
