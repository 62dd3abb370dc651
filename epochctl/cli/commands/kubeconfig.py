"""`epochctl kubeconfig`: the private kubeconfig of the cluster; into the user's own only with --merge."""

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
    from epochctl.aws.eks import Eks
    from epochctl.aws.session import Aws
    from epochctl.errors import NotFoundError
    from epochctl.kube import access

    settings = ctx.obj.settings_of_one("kubeconfig")
    cluster = access.reach(Eks(Aws(settings.region)), settings, settings.region)
    if cluster is None:
        name = f"{settings.full_name} of ours in {settings.region}"
        raise NotFoundError(f"there is no cluster {name}", fix="epochctl up")
    if merge:
        return _merge(Path(into.split(":")[0]), access.document(cluster.access))
    path = access.private_kubeconfig(settings, settings.region)
    typer.echo(path.read_text() if content else path)


def _merge(path: Path, document: dict[str, object]) -> None:
    from epochctl.kube import user_kubeconfig

    done = user_kubeconfig.merge(path, document)
    if not done.changed:
        typer.echo(f"{done.path} has it already, as context {done.context}.")
    else:
        kept = f" The file as it was: {done.backup}" if done.backup else ""
        typer.echo(f"{done.path} has it now, as context {done.context}.{kept}")
    if not done.current:
        typer.echo(f"Its current context stays. To use this one: kubectl config use-context {done.context}")
