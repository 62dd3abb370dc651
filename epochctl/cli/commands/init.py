"""`epochctl init`."""

from __future__ import annotations

from typing import Annotated

import typer

from epochctl.command import Command

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
def init(
    ctx: typer.Context,
    hostname: Annotated[
        str, typer.Option("--hostname", envvar="API_HOSTNAME", help="Where the service answers.")
    ] = "epoch.example.com",
    force: Annotated[bool, typer.Option("--force", help="Overwrite files that are there.")] = False,
) -> None:
    """Write epochctl.toml, .envrc and .tool-versions."""
    from epochctl.operations import init as operation

    region, environment = ctx.obj.region or "us-west-2", ctx.obj.environment or "production"
    typer.echo("\n".join(operation.init(ctx.obj.directory, hostname, region, environment, force=force)))
    typer.echo(ctx.obj.hints(f"Next: look through epochctl.toml, then {Command('up', '--plan')}"))
