"""`epochctl token`: the exec plugin of kubeconfigs. Needs no settings."""

from __future__ import annotations

from typing import Annotated

import typer

from epochctl.cli.options import Sandbox

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
def token(
    ctx: typer.Context,
    cluster: Annotated[
        str, typer.Option("--cluster", help="The cluster; by default the settings' own.")
    ] = "",
    sandbox: Sandbox = False,
) -> None:
    """Print a credential for the cluster (kubectl's exec plugin)."""
    from epochctl.operations import kubeconfig

    region = ctx.obj.region
    if not cluster or not region:
        settings = ctx.obj.settings_of_one("token")
        cluster, region = cluster or settings.full_name, region or settings.region
    typer.echo(kubeconfig.token(ctx.obj.dependencies, cluster, region))
