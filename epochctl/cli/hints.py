"""Completes the commands in messages with what the line said: -C, --environment, --region and --sandbox.

Without them a pasted command would work on what epochctl.toml says, or in an account.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from epochctl.command import Kubectl, render
from epochctl.operations.presenter import Presenter
from epochctl.workflow.events import Event

PLACES = ("--directory", "-C", "--environment", "--region")
FLAG = "--sandbox"
ENTERED = "--entered"  # what FLAG becomes for the same line inside
GROUPS = ("cert", "infra", "lb-controller", "failover", "ci")
OUTSIDE = {"init", "eject", "ci init", "ci regions", "ci comment", "ci reviewed"}  # they need no AWS


@dataclass(frozen=True)
class CommandHints:
    """given: the line's own options, a word or two each; inside: whether the line runs in the sandbox."""

    given: tuple[tuple[str, ...], ...] = ()
    inside: bool = False

    def __call__(self, text: str) -> str:
        """Return the text with its commands as they must be typed."""
        return render(text, self._complete)

    def of(self, value: Any) -> Any:
        """Return the value with every text in it completed, also in mappings, lists and tuples."""
        if isinstance(value, str):
            return self(value)
        if isinstance(value, Mapping):
            return {key: self.of(one) for key, one in value.items()}
        return type(value)(map(self.of, value)) if type(value) in (list, tuple) else value

    def _complete(self, command: str, all_regions: bool) -> str:
        program, *words = shlex.split(command)
        if program == Kubectl.program:
            return f"epoch-sandbox exec -- {command}" if self.inside else command
        size = 2 if words[0] in GROUPS else 1
        name, rest = words[:size], words[size:]
        excluded = {*words, *(["--region"] if all_regions else [])}
        options = [option for option in self.given if option[0].partition("=")[0] not in excluded]
        flag = [FLAG] if self.inside and " ".join(name) not in OUTSIDE and FLAG not in words else []
        front = [word for option in options for word in option]
        return shlex.join([program, *front, *name, *flag, *rest])


class HintedPresenter:
    """A presenter whose events and results have complete commands."""

    def __init__(self, presenter: Presenter, hints: CommandHints) -> None:
        self._presenter, self._hints = presenter, hints

    def __call__(self, event: Event) -> None:
        texts = {name: self._hints.of(value) for name, value in vars(event).items()}
        self._presenter(replace(event, **texts))

    def result(self, fields: dict[str, object], lines: tuple[str, ...] = ()) -> None:
        """Show the result."""
        completed = {key: self._hints.of(value) for key, value in fields.items()}
        self._presenter.result(completed, tuple(map(self._hints, lines)))

    def close(self) -> None:
        """Close the presenter."""
        self._presenter.close()


def hints_from_argv(arguments: Iterable[str]) -> CommandHints:
    """Return the hints of a command line, global options in front, also if the line is not valid."""
    given: list[tuple[str, ...]] = []
    inside, words = False, iter(arguments)
    for word in words:
        if word.partition("=")[0] in PLACES:
            given.append((word,) if "=" in word else (word, next(words, "")))
        elif word == ENTERED:
            inside = True
        elif not word.startswith("-"):
            break
    return CommandHints(tuple(given), inside)
