"""What a person is told to type next, with what the line said: -C, --environment, --region, --sandbox.

Without them it would be done to what epochctl.toml says, or to an account. Knows words, no command's meaning.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from epochctl.operations.presenter import Presenter
from epochctl.workflow.events import Event

PLACES = ("--directory", "-C", "--environment", "--region")
FLAG = "--sandbox"
ENTERED = "--entered"  # what FLAG becomes for the same line inside
GROUPS = ("cert", "infra", "lb-controller", "failover", "ci")
OUTSIDE = {"init", "eject", "ci init", "ci regions", "ci comment", "ci reviewed"}  # they ask no AWS

_WORD = "[a-z][a-z-]*[a-z]"
_COMMAND = re.compile(rf"\bepochctl (?P<command>(?:(?:{'|'.join(GROUPS)}) )?{_WORD})(?![\w-])(?! {FLAG})")
_OF_THE_CLUSTER = re.compile(r"(?<!-- )\bkubectl (?=-n |config |describe |get )")


@dataclass(frozen=True)
class CommandHints:
    """said: options of the line that say what is meant, a word or two each; inside: it is in the sandbox."""

    said: tuple[tuple[str, ...], ...] = ()
    inside: bool = False

    def __call__(self, text: str) -> str:
        """The same text, its commands as they must be typed."""
        if not (self.said or self.inside) or ("epochctl " not in text and "kubectl " not in text):
            return text
        if self.inside:
            text = _OF_THE_CLUSTER.sub("epoch-sandbox exec -- kubectl ", text)
        words = text.split()
        said = [word for option in self.said if option[0].partition("=")[0] not in words for word in option]
        return _COMMAND.sub(lambda found: self._typed(found["command"], said), text)

    def of(self, value: Any) -> Any:
        """The same of every text in it."""
        if isinstance(value, str):
            return self(value)
        if isinstance(value, Mapping):
            return {key: self.of(one) for key, one in value.items()}
        return type(value)(map(self.of, value)) if type(value) in (list, tuple) else value

    def _typed(self, command: str, said: list[str]) -> str:
        if command.split()[0] not in _commands():
            return f"epochctl {command}"
        flag = f" {FLAG}" if self.inside and command not in OUTSIDE else ""
        return f"{shlex.join(['epochctl', *said])} {command}{flag}"


class HintedPresenter:
    """A presenter whose events and last words give advice for the place that was meant."""

    def __init__(self, presenter: Presenter, hints: CommandHints) -> None:
        self._presenter, self._hints = presenter, hints

    def __call__(self, event: Event) -> None:
        texts = {name: self._hints.of(value) for name, value in vars(event).items()}
        self._presenter(replace(event, **texts))

    def result(self, fields: dict[str, object], lines: tuple[str, ...] = ()) -> None:
        """The last words."""
        told = {key: self._hints.of(value) for key, value in fields.items()}
        self._presenter.result(told, tuple(map(self._hints, lines)))

    def close(self) -> None:
        """No more will be shown."""
        self._presenter.close()


def hints_from_argv(arguments: Iterable[str]) -> CommandHints:
    """For the line itself, global options in front: also where it could not be understood."""
    said: list[tuple[str, ...]] = []
    inside, words = False, iter(arguments)
    for word in words:
        if word.partition("=")[0] in PLACES:
            said.append((word,) if "=" in word else (word, next(words, "")))
        elif word == ENTERED:
            inside = True
        elif not word.startswith("-"):
            break
    return CommandHints(tuple(said), inside)


def _commands() -> Mapping[str, str]:
    from epochctl.cli.app import COMMANDS

    return COMMANDS
