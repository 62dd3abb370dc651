"""`epochctl kubeconfig`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from epochctl.cli.options import Sandbox

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
def kubeconfig(
    ctx: typer.Context,
    content: Annotated[bool, typer.Option("--content", help="Print the file itself, not its path.")] = False,
    merge: Annotated[
        bool, typer.Option("--merge", help="Put the cluster into your own kubeconfig, with a backup.")
    ] = False,
    into: Annotated[
        str,
        typer.Option("--into", envvar="KUBECONFIG", help="Your own kubeconfig, for --merge."),
    ] = "~/.kube/config",
    sandbox: Sandbox = False,
) -> None:
    """Print the path of the cluster's private kubeconfig.

    For one command: KUBECONFIG=$(epochctl kubeconfig) kubectl get pods -A. No secret is in it: it asks
    `epochctl token` each time. Your own kubeconfig is read and changed by --merge alone.
    """
    from epochctl.operations import kubeconfig as operation

    settings, dependencies = ctx.obj.settings_of_one("kubeconfig"), ctx.obj.dependencies
    if merge:
        typer.echo("\n".join(operation.merge(settings, dependencies, Path(into.split(":")[0]))))
    else:
        path = operation.path(settings, dependencies)
        typer.echo(path.read_text() if content else path)
