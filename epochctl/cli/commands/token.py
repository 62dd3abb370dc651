"""`epochctl token`: a credential for a cluster, as Kubernetes' exec plugins print it. Needs no settings."""

from __future__ import annotations

import json
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
    from epochctl.aws.eks import Eks
    from epochctl.aws.session import Aws

    region = ctx.obj.region
    if not cluster or not region:
        settings = ctx.obj.settings_of_one("token")
        cluster, region = cluster or settings.full_name, region or settings.region
    found = Eks(Aws(region)).token(cluster)
    status = {
        "token": found.value.get_secret_value(),
        "expirationTimestamp": found.expires.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    credential = {"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": status}
    typer.echo(json.dumps(credential))
