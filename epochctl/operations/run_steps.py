"""One or two steps instead of all: what the commands named after steps have in common.

What they need must be there already; it is observed, not made.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from epochctl.cli.options import Globals
from epochctl.outputs import Release

if TYPE_CHECKING:
    from epochctl.operations.run import Run


def apply(
    options: Globals,
    *names: str,
    output: str,
    command: str,
    done: str,
    wait: str | None = None,
    again: str = "",
    in_turn: bool = False,
    proven: Callable[[Run], object] | None = None,
    reviewed: Path | None = None,
) -> None:
    """Apply these steps and say `done`. wait: for a run that is at work, how long; again: the command with
    what `resume` must say again. in_turn: a region is begun when the one before it has ended well, which of
    several regions `proven` has the last word on. reviewed: where the only plans are that may be applied.
    """
    from epochctl.cli.command_context import open_command

    def work(session: Run) -> None:
        _apply(session, names, command, done)
        if proven is not None and not fleet.alone:
            proven(session)

    with (
        open_command(options, output=output, title=command, listed=True, reviewed=reviewed) as fleet,
        fleet.locked(again or command, wait),
    ):
        (fleet.in_turn if in_turn else fleet.each)(work)


def _apply(session: Run, names: tuple[str, ...], command: str, done: str) -> None:
    from epochctl.operations.credential_check import gate

    result = session.runner(gate(session, "up")).up(only=names, command=command).check()
    release = result.outputs.find(Release)
    url = release.url if release else f"https://{session.settings.hostname}/"
    fields = {name: result.outputs.find(session.runner().graph.step(name).produces) for name in names}
    session.presenter.result(dict(fields), (done.format(url=url),))
