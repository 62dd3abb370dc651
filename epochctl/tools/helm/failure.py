"""A failed helm command as one of epochctl's errors."""

from __future__ import annotations

import re
from collections.abc import Callable

from epochctl.errors import ClusterError, EpochctlError, unknown_caller

# What kubectl and helm make of a 401, and of an exec plugin (epochctl's own `token`) that has no credentials.
_UNKNOWN_CALLER = re.compile(
    r"asked for the client to provide credentials|Unauthorized|getting credentials: exec:", re.I
)


class HelmFailedError(Exception):
    """helm ended with this code and these lines on stderr. A negative code is the signal that killed it."""

    def __init__(self, code: int, stderr: str) -> None:
        super().__init__(stderr)
        self.code = code
        self.stderr = stderr

    @property
    def is_not_found(self) -> bool:
        """Whether there is no such release."""
        return "release: not found" in self.stderr.lower()


def translate(what: str, failure: HelmFailedError, who: Callable[[], str] = str) -> EpochctlError:
    """Return the error that a failed `helm what` amounts to. who: says, for an error, who the caller is."""
    lines = [line for line in failure.stderr.splitlines() if line.strip()]
    why = "\n".join(lines[-8:]).removeprefix("Error: ") or _ending(failure.code)
    if _UNKNOWN_CALLER.search(why):
        return unknown_caller("the cluster", f"helm {what}: {why}", who())
    return ClusterError(f"helm {what} failed", why=why)


def _ending(code: int) -> str:
    return f"it was killed by signal {-code}" if code < 0 else f"it ended with code {code} and said nothing"
