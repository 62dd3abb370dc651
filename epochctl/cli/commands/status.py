"""`epochctl status`."""

from __future__ import annotations

import typer

from epochctl.cli.command_context import open_command
from epochctl.cli.options import Output, Sandbox

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
def status(ctx: typer.Context, output: Output = "text", sandbox: Sandbox = False) -> None:
    """Show what is there, on one screen: URL, certificate, image, pods, cost, lock."""
    from epochctl.operations import status as operation

    with open_command(ctx.obj, output=output, title="status") as regions:
        operation.status(regions)
