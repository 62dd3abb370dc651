"""`epochctl lb-controller install | status | uninstall`: the AWS Load Balancer Controller, by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from epochctl.cli.options import Output, Sandbox, Wait, Yes
from epochctl.operations import run_steps

if TYPE_CHECKING:
    from epochctl.operations.run import Run
    from epochctl.workflow.runner import Runner

app = typer.Typer(
    rich_markup_mode=None,
    add_completion=False,
    no_args_is_help=True,
    help="The AWS Load Balancer Controller.",
)


@app.command()
def install(ctx: typer.Context, wait: Wait = None, output: Output = "text", sandbox: Sandbox = False) -> None:
    """Install it; done when its webhook admits an Ingress."""
    done = "The load balancer controller admits Ingresses. Next: epochctl build"
    run_steps.apply(
        ctx.obj, "lb-controller", output=output, command="lb-controller install", done=done, wait=wait
    )


@app.command()
def status(ctx: typer.Context, output: Output = "text", sandbox: Sandbox = False) -> None:
    """Show what runs, and what `install` would still change."""
    from epochctl.cli.command_context import open_command

    with open_command(ctx.obj, output=output, title="lb-controller status") as fleet:
        fleet.each(_status)


def _status(session: Run) -> None:
    from epochctl.errors import NotFoundError

    session.aws.account_id()  # without credentials nothing could be seen, which is not "nothing there"
    runner = session.runner(read_only=True)
    seen = runner.survey("lb-controller status", only=("lb-controller",)).check().seen.get("lb-controller")
    if seen is None:
        raise NotFoundError("there is no cluster yet", fix="epochctl infra up")
    ready = seen.output is not None and not seen.changes
    state = f"version {seen.output.version}, ready" if ready and seen.output else "not ready"
    lines = (state, *(f"due: {change}" for change in seen.changes))
    session.presenter.result({"ready": ready, "due": seen.changes}, lines)


@app.command()
def uninstall(
    ctx: typer.Context, yes: Yes = False, output: Output = "text", sandbox: Sandbox = False
) -> None:
    """Remove it and its identity. Take the release down first: load balancers need it to go away."""
    from epochctl.cli.command_context import open_command
    from epochctl.errors import Interrupted, SettingsError
    from epochctl.operations.run import agreed, interactive

    if not yes and not interactive():
        raise SettingsError("uninstall asks first", why="there is no terminal to ask on", fix="add --yes")
    command = "lb-controller uninstall"
    with open_command(ctx.obj, output=output, title=command) as fleet, fleet.locked(command):
        runners = fleet.each(_surveyed)
        if not yes and not agreed(f"Remove the load balancer controller of {fleet.place}?"):
            raise Interrupted("nothing was removed")
        fleet.each(lambda session: _remove(session, runners[session.region], command))


def _surveyed(session: Run) -> Runner:
    runner = session.runner()
    runner.survey("looking", only=("lb-controller",)).check()
    return runner


def _remove(session: Run, runner: Runner, command: str) -> None:
    removed = runner.down(command, only=("lb-controller",)).check().removed
    session.presenter.result({"removed": removed}, removed or ("Nothing was there.",))
