"""`epochctl deploy`: the chart by digest, and the name that leads to it."""

from __future__ import annotations

import typer

from epochctl.cli import single
from epochctl.cli.options import Output, Sandbox

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
def deploy(ctx: typer.Context, output: Output = "text", sandbox: Sandbox = False) -> None:
    """Deploy the release and point the host name at it."""
    done = "{url} is deployed. Next: epochctl verify"
    single.apply(ctx.obj, "deploy", "dns", output=output, command="deploy", done=done)
