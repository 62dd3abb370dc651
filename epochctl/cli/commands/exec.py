"""`epochctl exec`: a command in a pod of the service, through the cluster's API; no kubectl is needed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from epochctl.cli.options import Sandbox

if TYPE_CHECKING:
    from epochctl.kube import ExitStatus, Kube

CONTAINER = "service"  # as the chart calls it; a mesh may have added others

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command(name="exec", context_settings={"allow_interspersed_args": False})
def execute(
    ctx: typer.Context,
    command: Annotated[list[str], typer.Argument(help="The command and its arguments, after --.")],
    pod: Annotated[str, typer.Option("--pod", help="Which pod; by default the first that is ready.")] = "",
    sandbox: Sandbox = False,
) -> None:
    """Run a command in a pod and end with its exit code.

    Our image has no shell, but python3: epochctl exec -- python3 -c 'import os; print(os.environ)'
    """
    from epochctl.aws.session import Aws
    from epochctl.cli import tty
    from epochctl.cli.cluster import connected

    settings = ctx.obj.settings_of_one("exec")
    kube = connected(Aws(settings.region), settings.full_name)
    name = _pod(kube, settings.full_name, pod)
    is_tty = tty.there()
    running = kube.execute(settings.full_name, name, CONTAINER, command, stdin=True, tty=is_tty)
    try:
        tty.join(running, tty=is_tty)
    finally:
        running.close()
    raise typer.Exit(_code(running.ended, command, name, ours=not settings.service.image))


def _pod(kube: Kube, namespace: str, wanted: str) -> str:
    """The pod of that name, or the first that can do something."""
    from epochctl.errors import NotFoundError

    pods = [pod for pod in kube.pods(namespace) if not pod.terminating]
    names = [pod.name for pod in pods]
    if wanted and wanted not in names:
        listed = f"there are: {', '.join(names) or 'none'}"
        raise NotFoundError(
            f"there is no pod {wanted}", why=listed, fix="name one of them, or leave --pod out"
        )
    running = sorted((pod for pod in pods if pod.phase == "Running"), key=lambda pod: not pod.ready)
    if not wanted and not running:
        raise NotFoundError("no pod of the service runs", why=", ".join(names), fix="epochctl diagnose")
    return wanted or running[0].name


def _code(ended: ExitStatus, command: list[str], pod: str, *, ours: bool) -> int:
    from epochctl.errors import ClusterError, NotFoundError

    if ended.code is not None:
        return ended.code
    if ended.absent:
        hint = "the image has no shell and no other programs; python3 is there" if ours else ended.message
        fix = "epochctl exec -- python3 -c '...'" if ours else "name a program that is in the image"
        raise NotFoundError(f"there is no program {command[0]} in pod {pod}", why=hint, fix=fix)
    raise ClusterError(f"{command[0]} did not run to its end in pod {pod}", why=ended.message)
