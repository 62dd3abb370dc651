"""`epochctl logs`."""

from __future__ import annotations

from typing import Annotated

import typer

from epochctl.cli.options import Sandbox

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
def logs(
    ctx: typer.Context,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until Ctrl-C.")] = False,
    tail: Annotated[int, typer.Option("--tail", help="Lines of each pod to begin with.", min=0)] = 20,
    sandbox: Sandbox = False,
) -> None:
    """Print the log of every pod, each line with its pod's name."""
    from epochctl.operations.pods import log_lines

    settings = ctx.obj.settings_of_one("logs")
    for pod, line in log_lines(settings, ctx.obj.dependencies, tail=tail, follow=follow):
        typer.echo(f"{pod} {line}")
