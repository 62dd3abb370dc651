"""`epochctl doctor`."""

from __future__ import annotations

import typer

from epochctl.cli.command_context import open_command
from epochctl.cli.options import Output, Sandbox

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
def doctor(ctx: typer.Context, output: Output = "text", sandbox: Sandbox = False) -> None:
    """Look for what would stop `up`: account, quotas, names, tools, zone."""
    from epochctl.operations import doctor as operation

    with open_command(ctx.obj, output=output, title="doctor", listed=True) as regions:
        operation.doctor(regions)
