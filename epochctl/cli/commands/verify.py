"""`epochctl verify`."""

from __future__ import annotations

import typer

from epochctl.cli.command_context import open_command
from epochctl.cli.options import Output, Sandbox

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
def verify(ctx: typer.Context, output: Output = "text", sandbox: Sandbox = False) -> None:
    """Check every layer from the pods to the https answer; of every region, then of the name they share."""
    from epochctl.operations import verify as operation

    with open_command(ctx.obj, output=output, title="verify", listed=True) as regions:
        operation.verify(regions)
