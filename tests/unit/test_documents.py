"""What the pages say can be typed: every command and option exists, every link leads somewhere."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import documents
import pytest
import typer
from documents import ROOT, Block, Command

from epochctl.cli.app import app
from epochctl.cli.options import default_wait_value, hoist_global_options

PAGES = [pytest.param(path, id=str(path.relative_to(ROOT))) for path in documents.pages()]
STANDS_FOR_ANY = {"COMMAND", "...", "…"}


def problem(command: Command) -> str:
    """Why it cannot be typed like this; "" where it can."""
    program, *words = command.words
    return ours(words) if program == "epochctl" else sandbox(words)


def ours(words: Sequence[str]) -> str:
    """Parsed as Typer would, and not run."""
    root: Any = typer.main.get_command(app)
    line = default_wait_value(
        hoist_global_options([word for word in words if word not in ("[PART]", "[PART]...")])
    )
    return parsed(root, line, "epochctl")


def parsed(command: Any, line: list[str], path: str) -> str:
    context = command.context_class(command, info_name=path)
    try:
        _, rest, _ = command.make_parser(context).parse_args(list(line))
    except Exception as error:
        return f"{path}: {error}"
    if not hasattr(command, "get_command"):
        return ""
    rest = list(context._protected_args or []) + rest if hasattr(context, "_protected_args") else rest
    if not rest or rest[0] in STANDS_FOR_ANY:
        return ""
    inner = command.get_command(context, rest[0])
    if inner is None:
        return f"{path} has no command {rest[0]}"
    return parsed(inner, rest[1:], f"{path} {rest[0]}")


def sandbox(words: Sequence[str]) -> str:
    from sandbox.cli import _parser

    if not words or words[0] in STANDS_FOR_ANY:
        return ""
    try:
        _parser().parse_args([word.strip("[]") for word in words if word not in ("COMMAND",)])
    except SystemExit:
        return f"epoch-sandbox {' '.join(words)}: no such command line"
    return ""


@pytest.mark.parametrize("page", PAGES)
def test_every_command_on_the_page_exists(page: Path) -> None:
    wrong = [
        f"{one.place}: {found}: {one.line}" for one in documents.commands(page) if (found := problem(one))
    ]
    assert wrong == []


@pytest.mark.parametrize("page", PAGES)
def test_every_link_on_the_page_leads_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(), flags=re.S)
    links = [link.partition("#")[0] for link in re.findall(r"\]\(\s*([^)\s]+)\s*\)", text)]
    dead = [link for link in links if link and "://" not in link and not (page.parent / link).exists()]
    assert dead == []


def test_what_a_page_invents_is_found() -> None:
    def command(*words: str) -> Command:
        return Command("x:1", " ".join(words), words)

    assert "no command fly" in problem(command("epochctl", "fly"))
    assert "--fast" in problem(command("epochctl", "up", "--fast"))
    assert "no command ask" in problem(command("epochctl", "cert", "ask"))
    assert problem(command("epochctl", "up", "--environment", "staging", "--wait")) == ""
    assert problem(command("epoch-sandbox", "fly")) != ""


def test_calls_are_found_in_every_kind_of_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = tmp_path / "page.md"
    text = "Say `epochctl up`.\n\n    A=b epochctl down --yes  # away\n"
    page.write_text(
        text + "    X=$(epochctl kubeconfig) kubectl get pods\n\n```\nepochctl logs | head\n```\n"
    )
    monkeypatch.setattr(documents, "ROOT", tmp_path)
    found = [one.words for one in documents.commands(page)]
    assert found == [
        ("epochctl", "up"),
        ("epochctl", "down", "--yes"),
        ("epochctl", "kubeconfig"),
        ("epochctl", "logs"),
    ]


def test_the_tutorial_is_run_from_the_first_command_to_the_last() -> None:
    found: list[Block] = list(documents.blocks(ROOT / "docs/tutorial.md"))
    run = [line for block in found for line in block.lines]
    written = [
        one.line for one in documents.commands(ROOT / "docs/tutorial.md") if one.line.startswith("epochctl ")
    ]
    of_blocks = [line for line in written if line in run]
    assert run[0].startswith("epochctl init")
    assert found[-1].last
    assert of_blocks[-1] == "epochctl down"
