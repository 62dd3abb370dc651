"""`epochctl logs`: what the pods of the release write."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import typer

from epochctl.cli.options import Sandbox

if TYPE_CHECKING:
    from epochctl.kube import Kube

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
def logs(
    ctx: typer.Context,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until Ctrl-C.")] = False,
    tail: Annotated[int, typer.Option("--tail", help="Lines of each pod to begin with.", min=0)] = 20,
    sandbox: Sandbox = False,
) -> None:
    """Print the log of every pod, each line with its pod's name."""
    from epochctl.aws.session import Aws
    from epochctl.cli.cluster import connected
    from epochctl.errors import NotFoundError

    settings = ctx.obj.settings_of_one("logs")
    kube = connected(Aws(settings.region), settings.full_name)
    pods = [pod.name for pod in kube.pods(settings.full_name)]
    if not pods:
        raise NotFoundError("no pod of the service runs", fix="epochctl deploy")
    if not follow:
        for pod in pods:
            _print(pod, kube.logs(settings.full_name, pod, tail=tail))
        return
    _follow(kube, settings.full_name, pods, tail)


def _print(pod: str, lines: Iterable[str]) -> None:
    for line in lines:
        typer.echo(f"{pod} {line}")


def _follow(kube: Kube, namespace: str, pods: list[str], tail: int) -> None:
    """One thread a pod; they end with the process, as Ctrl-C ends it."""
    threads = [
        threading.Thread(target=_print, args=(pod, kube.follow(namespace, pod, tail=tail)), daemon=True)
        for pod in pods
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        while thread.is_alive():
            thread.join(0.5)
