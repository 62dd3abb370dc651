"""`epochctl down`."""

from __future__ import annotations

from typing import Annotated

import typer

from epochctl.cli.command_context import open_command
from epochctl.cli.options import Output, SandboxLater, Wait, Yes, enter

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
def down(
    ctx: typer.Context,
    yes: Yes = False,
    expired: Annotated[
        bool, typer.Option("--expired", help="Only if its time is over (up --ttl); else do nothing.")
    ] = False,
    delete_state: Annotated[
        bool, typer.Option("--delete-state", help="Remove terraform's state and the local files, too.")
    ] = False,
    wait: Wait = None,
    output: Output = "text",
    sandbox: SandboxLater = False,
) -> None:
    """Take everything down, in order; asks once.

    With --region one of several, or one that the settings do not list any more: its clients are sent to
    the others first.
    """
    from epochctl.operations import teardown

    ctx.obj.require_answer(yes, "down asks before it removes")
    enter(ctx.obj, sandbox, then_down=not expired)
    with open_command(ctx.obj, output=output, title="down") as regions:
        teardown.down(regions, ask=not yes, expired=expired, delete_state=delete_state, wait=wait)
