"""The help that is committed is the help that Typer prints, and every command has one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from epochctl.cli import reference, reference_pages
from epochctl.cli.app import COMMANDS
from epochctl.config.settings import Settings

AGAIN = "run python -m epochctl.cli.reference"


def test_the_fast_help_is_typers() -> None:
    assert reference.HELP.read_text() == reference.root_help(), AGAIN


def test_the_reference_is_up_to_date() -> None:
    assert reference.DOCUMENT.read_text() == reference.document(), AGAIN


def test_the_pages_beside_it_are_up_to_date() -> None:
    assert {path: path.read_text() for path in reference_pages.documents()} == reference_pages.documents(), (
        AGAIN
    )


def test_every_key_has_a_meaning_and_every_meaning_a_key() -> None:
    assert list(reference_pages.MEANING) == [key for key, _ in reference_pages.keys(Settings)]


def test_every_command_stands_in_the_readme() -> None:
    text = (Path(__file__).resolve().parents[3] / "README.md").read_text()
    assert [name for name in COMMANDS if f"epochctl {name}" not in text] == []


def test_help_and_version_import_no_framework() -> None:
    code = (
        "import sys; sys.argv=['epochctl','{}']; from epochctl.__main__ import main; main();"
        "assert 'typer' not in sys.modules"
    )
    for word in ("--help", "--version"):
        ended = subprocess.run(
            [sys.executable, "-c", code.format(word)], capture_output=True, text=True, check=False
        )
        assert (ended.returncode, ended.stderr) == (0, "")
        assert "epochctl" in ended.stdout
