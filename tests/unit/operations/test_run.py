"""What a stopped command says: what to type to go on."""

from __future__ import annotations

from pathlib import Path

import pytest

from epochctl.cli.command_context import open_command
from epochctl.cli.options import Globals
from epochctl.command import Command
from epochctl.errors import Interrupted


@pytest.fixture
def options(tmp_path: Path) -> Globals:
    (tmp_path / "epochctl.toml").write_text('hostname = "epoch.example.com"\n')
    return Globals(tmp_path, None, None, False)


def test_a_stop_names_the_command_that_goes_on(options: Globals) -> None:
    again = "run the same command again to continue"
    with pytest.raises(Interrupted) as stopped, open_command(options, title="cert wait"):
        raise Interrupted("stopped while waiting", fix=again)
    assert stopped.value.fix == f"{again}: {Command('cert', 'wait')}"


def test_a_no_has_nothing_to_go_on_with(options: Globals) -> None:
    with pytest.raises(Interrupted) as stopped, open_command(options, title="down"):
        raise Interrupted("nothing was removed")
    assert stopped.value.fix == ""
