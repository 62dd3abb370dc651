"""What an operation needs of the terminal: a presenter of events and results, and a prompt."""

from __future__ import annotations

from typing import Protocol

from epochctl.errors import Interrupted
from epochctl.workflow.events import Event


class Presenter(Protocol):
    """Shows events and, at the end, a result."""

    def __call__(self, event: Event) -> None: ...
    def result(self, fields: dict[str, object], lines: tuple[str, ...] = ()) -> None: ...
    def close(self) -> None: ...


class Prompt(Protocol):
    """Shows text beside the result and asks questions."""

    @property
    def is_interactive(self) -> bool: ...
    def show(self, text: str) -> None: ...
    def confirm(self, question: str) -> bool: ...


def confirm(prompt: Prompt, question: str, declined: str = "nothing was changed") -> None:
    """Ask, and raise Interrupted with `declined` unless the answer is yes."""
    if not prompt.confirm(question):
        raise Interrupted(declined)
