"""Options that several commands share, and the global ones wherever they stand on the line.

The one place that knows how to go into the sandbox.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from epochctl.cli.hints import ENTERED, FLAG, PLACES, CommandHints
from epochctl.cli.prompt import TerminalPrompt
from epochctl.command import Command
from epochctl.durations import parse_duration
from epochctl.errors import SettingsError, ToolError, UsageError

if TYPE_CHECKING:  # the help of a command does without their weight
    from epochctl.config.settings import Settings
    from epochctl.operations.dependencies import Dependencies
    from epochctl.operations.presenter import Prompt

VALUED = PLACES
PLAIN = ("--verbose", ENTERED)
WAIT = "1h"  # of `--wait` alone
NO_LENGTH = re.compile(
    r"-|all$|[a-z]{2}(-[a-z]+)+-\d$"
)  # what may follow it: an option, where clients are sent
CHANGES = 2  # of `--exit-code`, as terraform plan -detailed-exitcode


@dataclass(frozen=True)
class Injected:
    """What tests replace; None: the real one."""

    dependencies: Dependencies | None = None
    prompt: Prompt | None = None


@dataclass(frozen=True)
class Globals:
    """The global options of a command line."""

    directory: Path
    environment: str | None
    region: str | None
    verbose: bool
    entered: bool = False  # by --sandbox: commands in messages must enter it, too
    image: str | None = None  # an option of `deploy`
    injected: Injected = field(default_factory=Injected)

    @cached_property
    def dependencies(self) -> Dependencies:
        """What operations are made of."""
        from epochctl.operations.dependencies import Dependencies

        return self.injected.dependencies or Dependencies()

    @property
    def prompt(self) -> Prompt:
        """What asks questions."""
        return self.injected.prompt or TerminalPrompt(self.hints)

    @property
    def flags(self) -> dict[str, str | None]:
        """The values by field name of Settings; None where an option was not given."""
        return {"environment": self.environment, "regions": self.region, "service.image": self.image}

    @property
    def words(self) -> list[str]:
        """The options as words of a command line."""
        given = {"--environment": self.environment, "--region": self.region}
        valued = [f"{name}={value}" for name, value in given.items() if value is not None]
        plain = zip(PLAIN, (self.verbose, self.entered), strict=True)
        return [f"--directory={self.directory}", *valued, *(name for name, given in plain if given)]

    @property
    def hints(self) -> CommandHints:
        """The options to add to commands in messages."""
        directory = None if self.directory == Path() else str(self.directory)
        said = {"-C": directory, "--environment": self.environment, "--region": self.region}
        given = tuple((name, value) for name, value in said.items() if value is not None)
        return CommandHints(given, self.entered)

    def settings(self, environ: Mapping[str, str] = os.environ) -> Settings:
        """Return the effective settings. Raises SettingsError, also for a directory that does not exist."""
        from epochctl.config.settings import load

        if not self.directory.is_dir():
            raise SettingsError(f"there is no directory {self.directory}", fix="correct --directory")
        return load(self.directory, self.flags, environ)

    def settings_of_one(self, command: str) -> Settings:
        """Return the settings for a command of one region. Raises SettingsError if there are several."""
        settings = self.settings()
        if len(settings.selected_regions) > 1:
            raise SettingsError(
                f"{command} is for one region",
                why=f"there are {', '.join(settings.regions)}",
                fix=Command(*command.split(), "--region", settings.home),
            )
        return settings

    def require_answer(self, yes: bool, what: str) -> None:
        """Raise SettingsError if a question would have to be asked and there is no terminal."""
        if not yes and not self.prompt.is_interactive:
            raise SettingsError(what, why="there is no terminal to ask on", fix="add --yes")


def hoist_global_options(arguments: list[str]) -> list[str]:
    """The same line with the global options in front, where Typer expects them: `up --region x` works."""
    front, rest = list[str](), list[str]()
    words = iter(arguments)
    for word in words:
        name = word.partition("=")[0]
        if word == "--":
            rest += [word, *words]
        elif word in PLAIN or (name in VALUED and "=" in word):
            front.append(word)
        elif word in VALUED:
            front += [word, *[value for value in (next(words, None),) if value is not None]]
        else:
            rest.append(word)
    return front + rest


def default_wait_value(arguments: list[str]) -> list[str]:
    """The same line with a length behind each `--wait` that has none: Typer knows no optional values.

    A word behind it is meant as one. Raises UsageError where it is none, before anything is begun.
    """
    line, words = list[str](), deque(arguments)
    while words:
        word = words.popleft()
        if word == "--":
            return [*line, word, *words]
        name, given, length = word.partition("=")
        if name == "--wait":
            alone = not words or NO_LENGTH.match(words[0])
            length = length if given else WAIT if alone else words.popleft()
        line.append(f"--wait={_length(length)}" if name == "--wait" else word)
    return line


def _length(text: str) -> str:
    if parse_duration(text) is None:
        why = f"{text!r}; expected 90s, 10m or 1h30m"
        raise UsageError("--wait is not a length of time", why=why, fix=f"--wait {WAIT}, or --wait alone")
    return text


def checked_ttl(value: str) -> str:
    """Return --ttl as typed. Raises SettingsError unless it is a duration or `never`."""
    from epochctl.config.validators import ttl_problem

    expected = ttl_problem(value)
    if expected:
        raise SettingsError(
            f"--ttl {value} cannot be meant", why=f"expected {expected}", fix=Command("up", "--ttl", "4h")
        )
    return value


def enter(options: Globals, wanted: bool, *, then_down: bool = False, agreed: bool = False) -> None:
    """Run this very line again inside the sandbox; does not come back.

    Settings that cannot be meant are told first: a sandbox that is made for nothing takes minutes.
    then_down: the sandbox ends afterwards. agreed: nothing in there costs anything, so nothing is asked.
    """
    if wanted:
        _check(options)
        line = [word for word in sys.argv[1:] if word != FLAG] + (["--yes"] if agreed else [])
        os.execv(*_inside(line, then_down))


def _check(options: Globals) -> None:
    """The sandbox answers for a host name of its own; everything else is as it will be inside."""
    given = {name: value for name, value in os.environ.items() if value}
    options.settings({"API_HOSTNAME": "epoch.example.com", **given})


def _entering(ctx: typer.Context, value: bool) -> bool:
    enter(ctx.obj, value)
    return value


def _inside(line: list[str], then_down: bool) -> tuple[str, list[str]]:
    beside = Path(sys.prefix) / "bin"
    program = shutil.which("epoch-sandbox", path=str(beside)) or shutil.which("epoch-sandbox")
    if program is None:
        fix = "install epochctl[sandbox]; in a checkout: bin/epochctl"
        raise ToolError("epoch-sandbox is not installed", why="--sandbox needs it", fix=fix)
    ourselves = shutil.which("epochctl", path=str(beside)) or "epochctl"
    return program, [
        program,
        "exec",
        *(["--then-down"] if then_down else []),
        "--",
        ourselves,
        ENTERED,
        *line,
    ]


_HELP = "Run it in an AWS region on this machine: no account, no cost."
Sandbox = Annotated[bool, typer.Option(FLAG, callback=_entering, is_eager=True, help=_HELP)]
SandboxLater = Annotated[bool, typer.Option(FLAG, help=_HELP)]  # the command calls enter() itself
Output = Annotated[
    Literal["text", "json"], typer.Option("--output", "-o", help="text, or JSON: one object a line.")
]
ExitCode = Annotated[
    bool, typer.Option("--exit-code", help="End with 2 where something would change; without it with 0.")
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
Wait = Annotated[
    str | None,
    typer.Option(
        "--wait",
        metavar="[DURATION]",
        help="Wait for a run that is at work: 1h, or as long as said.",
    ),
]
ReviewedPlans = Annotated[
    Path | None,
    typer.Option(
        "--reviewed",
        metavar="PATH",
        help="Apply no plan but these: a file of `infra plan --save`, or a folder of them.",
        show_default=False,
    ),
]
