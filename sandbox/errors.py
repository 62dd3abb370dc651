"""The errors of the sandbox, as the user reads them: what failed, why, and what to do next."""

from __future__ import annotations


class SandboxError(Exception):
    """A failure that was foreseen.

    why: the cause, may be several lines. fix: what to do, best a line to paste.
    """

    def __init__(self, what: str, *, why: str = "", fix: str = "", exit_code: int = 1) -> None:
        super().__init__(what)
        self.what = what
        self.why = why
        self.fix = fix
        self.exit_code = exit_code

    def __str__(self) -> str:
        return "\n".join(part for part in (self.what, self.why, self.fix) if part)

    def shown(self) -> str:
        """As the command line shows it."""
        lines = [f"error: {self.what}"]
        for label, text in (("why", self.why), ("do", self.fix)):
            lines += [f"  {label}: {line}" for line in text.splitlines()]
        return "\n".join(lines)
