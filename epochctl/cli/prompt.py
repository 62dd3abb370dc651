"""Questions on the terminal."""

from __future__ import annotations

import sys

import typer

from epochctl.cli import signals
from epochctl.cli.hints import CommandHints


class TerminalPrompt:
    """Shows text on stderr, with complete commands, and asks there."""

    def __init__(self, hints: CommandHints) -> None:
        self._hints = hints

    @property
    def is_interactive(self) -> bool:
        """Whether a person can answer."""
        return sys.stdin.isatty() and sys.stderr.isatty()

    def show(self, text: str) -> None:
        """Print the text."""
        typer.echo(self._hints(text), err=True)

    def confirm(self, question: str) -> bool:
        """Ask; an empty line means no. Ctrl-C is an answer, too: it raises Interrupted."""
        with signals.asking():
            return bool(typer.confirm(question, default=False, err=True))
