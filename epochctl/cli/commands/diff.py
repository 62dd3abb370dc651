"""`epochctl diff`."""

from __future__ import annotations

import typer

from epochctl.cli.command_context import open_command
from epochctl.cli.options import CHANGES, ExitCode, Output, Sandbox

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
def diff(
    ctx: typer.Context,
    exit_code: ExitCode = False,
    output: Output = "text",
    sandbox: Sandbox = False,
) -> None:
    """Show what a deploy would change: terraform's plan, and each object of the release line by line."""
    from epochctl.operations import diff as operation

    with open_command(ctx.obj, output=output, title="diff", listed=True) as regions:
        is_different = operation.diff(regions)
    if exit_code and is_different:
        raise typer.Exit(CHANGES)
