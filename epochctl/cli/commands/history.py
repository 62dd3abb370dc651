"""`epochctl history`."""

from __future__ import annotations

from typing import Annotated

import typer

from epochctl.cli.command_context import open_command
from epochctl.cli.options import Output, Sandbox

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
def history(
    ctx: typer.Context,
    limit: Annotated[int, typer.Option("--limit", help="How many of each, the newest first.", min=1)] = 10,
    all_runs: Annotated[bool, typer.Option("--all", help="Runs that only looked, too.")] = False,
    output: Output = "text",
    sandbox: Sandbox = False,
) -> None:
    """Show the releases and the runs, the newest first.

    Releases are the whole team's: they stand in the cluster. Runs are those of this directory.
    """
    from epochctl.operations import history as operation

    with open_command(ctx.obj, output=output, title="history") as regions:
        operation.history(regions, limit, all_runs)
