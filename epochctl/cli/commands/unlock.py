"""`epochctl unlock`."""

from __future__ import annotations

from typing import Annotated

import typer

from epochctl.cli.command_context import open_command
from epochctl.cli.options import Output, Sandbox

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
def unlock(
    ctx: typer.Context,
    run_id: Annotated[
        str, typer.Option("--run-id", help="The run, or terraform's lock, that is certainly dead.")
    ] = "",
    output: Output = "text",
    sandbox: Sandbox = False,
) -> None:
    """Remove what a dead run has locked: ours, and terraform's."""
    from epochctl.operations import unlock as operation

    with open_command(ctx.obj, output=output, title="unlock") as regions:
        operation.unlock(regions, run_id)
