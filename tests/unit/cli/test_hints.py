"""A command in a message can be typed as it is shown: with the options of the line, in the sandbox or not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

import epochctl
from epochctl.cli import hints
from epochctl.cli.app import COMMANDS, app
from epochctl.cli.hints import CommandHints, HintedPresenter, hints_from_argv
from epochctl.cli.options import Globals
from epochctl.command import Command, Kubectl, plain
from epochctl.errors import EpochctlError
from epochctl.workflow import events

INSIDE = CommandHints(inside=True)


@pytest.mark.parametrize(
    ("line", "told", "shown"),
    [
        (["status"], Command("up"), "epochctl up"),
        (["--verbose", "--environment", "two", "status"], Command("up"), "epochctl --environment two up"),
        (
            ["--region=r", "-C", "a b", "logs"],
            f"wait: {Command('up', '--wait')}\nor: {Command('unlock')}",
            "wait: epochctl --region=r -C 'a b' up --wait\nor: epochctl --region=r -C 'a b' unlock",
        ),
        (["--region", "us-east-1", "up"], Command("up", "--region", "R"), "epochctl up --region R"),
        (["--environment", "two", "build"], "install epochctl[sandbox]", "install epochctl[sandbox]"),
        (["--environment", "two", "up"], "epochctl made none", "epochctl made none"),
        (["exec", "--", "--environment", "two"], Command("up"), "epochctl up"),
        (["--entered", "up"], f"Look around: {Command('status')}", "Look around: epochctl status --sandbox"),
        (["--entered", "--environment=two", "up"], Command("up"), "epochctl --environment=two up --sandbox"),
        (
            ["--entered", "up"],
            f"{Command('cert', 'wait')}; {Command('up')}",
            "epochctl cert wait --sandbox; epochctl up --sandbox",
        ),
        (["--entered", "up"], f"`{Command('infra', 'up')}`", "`epochctl infra up --sandbox`"),
        (
            ["--entered", "up"],
            f"{Command('up', '--ttl', '4h')} sets it",
            "epochctl up --sandbox --ttl 4h sets it",
        ),
        (["--entered", "up"], Command("exec", "--", "python3"), "epochctl exec --sandbox -- python3"),
        (["--entered", "up"], Command("eject", "chart"), "epochctl eject chart"),
        (
            ["--entered", "up"],
            f"{Command('ci', 'init')}; {Command('ci', 'roles')}",
            "epochctl ci init; epochctl ci roles --sandbox",
        ),
        (["--entered", "up"], Command("up", "--sandbox"), "epochctl up --sandbox"),
        (
            ["--entered", "up"],
            Kubectl("-n", "a", "get", "pods"),
            "epoch-sandbox exec -- kubectl -n a get pods",
        ),
    ],
)
def test_advice_is_for_the_place_that_was_meant(line: list[str], told: str, shown: str) -> None:
    assert hints_from_argv(line)(told) == shown


def test_the_options_give_the_same_advice_as_the_line() -> None:
    given = Globals(Path("c"), "two", "us-east-1", False, True)
    assert given.hints(Command("up")) == "epochctl -C c --environment two --region us-east-1 up --sandbox"
    assert Globals(Path(), None, None, False).hints(Command("up")) == "epochctl up"


def test_whoever_goes_on_for_it_stays_inside() -> None:
    assert "--entered" in Globals(Path(), None, None, False, True).words
    assert "--entered" not in Globals(Path(), None, None, False).words


class Heard:
    """A presenter that keeps what it is told."""

    def __init__(self) -> None:
        self.all: list[Any] = []

    def __call__(self, event: events.Event) -> None:
        self.all.append(event)

    def result(self, fields: dict[str, object], lines: tuple[str, ...] = ()) -> None:
        self.all.append((fields, lines))

    def close(self) -> None:
        self.all.append("closed")


def test_events_and_last_words_carry_it() -> None:
    heard = Heard()
    advised = HintedPresenter(heard, INSIDE)
    advised(events.StepWaiting("deploy", "pods", "none", 1.0, 2.0, Command("logs")))
    advised.result({"next": Command("up"), "due": {"dns": [Command("deploy"), 3]}}, (Command("diagnose"),))
    assert heard.all[0].fix == "epochctl logs --sandbox"
    fields, lines = heard.all[1]
    assert fields == {"next": "epochctl up --sandbox", "due": {"dns": ["epochctl deploy --sandbox", 3]}}
    assert lines == ("epochctl diagnose --sandbox",)


def commands(command: Any, words: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """Every command that can be typed, by its words."""
    names = command.list_commands(None) if hasattr(command, "list_commands") else []
    for name in names:
        yield from commands(command.get_command(None, name), (*words, name))
    if not names:
        yield " ".join(words), command


def test_the_words_that_it_knows_are_the_commands() -> None:
    found = dict(commands(typer.main.get_command(app)))
    with_flag = {words for words, one in found.items() if any("--sandbox" in p.opts for p in one.params)}
    assert found.keys() - with_flag == hints.OUTSIDE
    assert {words.split()[0] for words in found if " " in words} == set(hints.GROUPS)
    assert {words.split()[0] for words in found} == COMMANDS.keys()
    for words in with_flag:
        assert INSIDE(f"next: {Command(*words.split())}.") == f"next: epochctl {words} --sandbox."


def test_a_command_in_a_fix_is_a_value() -> None:
    """Else it would lack the line's options when somebody pastes it."""
    names = "|".join(COMMANDS)
    for path in Path(epochctl.__file__).parent.rglob("*.py"):
        for line in re.findall(r"^.*fix=.*$", path.read_text(), re.M):
            assert not re.search(rf"epochctl ({names})\b", line), f"{path.name}: {line}"


def test_where_nobody_completes_a_command_it_reads_as_it_is() -> None:
    error = EpochctlError("no", why=f"see {Command('status')}", fix=Command("up", "--region", "a b"))
    assert str(error) == "no\nsee epochctl status\nepochctl up --region 'a b'"
    assert plain(f"then {Kubectl('get', 'pods')}") == "then kubectl get pods"
