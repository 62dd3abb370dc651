"""`epochctl failover status | to | drill`: which region answers, another one, and how long that takes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from epochctl.cli.options import Output, Sandbox, Wait, Yes

if TYPE_CHECKING:
    from epochctl.operations.regions import RegionRunner
    from epochctl.steps.verify.shared_hostname import HostnameAnswer
    from epochctl.workflow.step import Context

app = typer.Typer(
    rich_markup_mode=None, no_args_is_help=True, help="Which region answers; another one; a drill."
)
ALL = "all"


@app.command()
def status(ctx: typer.Context, output: Output = "text", sandbox: Sandbox = False) -> None:
    """Show each region's part of the host name, and which one answers now."""
    from epochctl.cli.command_context import open_command
    from epochctl.operations import failover_status

    with open_command(replace(ctx.obj, region=None), output=output, title="failover status") as fleet:
        failover_status.show(fleet)


@app.command()
def to(
    ctx: typer.Context,
    region: Annotated[str, typer.Argument(help="Where all clients go; all: back to what the settings say.")],
    yes: Yes = False,
    wait: Wait = None,
    output: Output = "text",
    sandbox: Sandbox = False,
) -> None:
    """Send all clients to one region, which is woken first where it sleeps; done when it is seen to answer.

    Works while the other regions are dead: only Route 53 and that region are asked. Back: `failover to all`.
    """
    from epochctl.cli.command_context import open_command
    from epochctl.errors import SettingsError
    from epochctl.operations.run import interactive

    if not yes and not interactive():
        raise SettingsError("failover asks first", why="there is no terminal to ask on", fix="add --yes")
    with open_command(replace(ctx.obj, region=None), output=output, title=f"failover to {region}") as fleet:
        _move(fleet, region, yes, wait)


def _move(fleet: RegionRunner, region: str, yes: bool, wait: str | None) -> None:
    from epochctl.errors import Interrupted
    from epochctl.operations.run import agreed
    from epochctl.operations.switchover import act, command, moving, target

    chosen = target(fleet, region)
    home = fleet.settings.home if fleet.settings.routing.policy == "primary-standby" else ALL
    back = chosen in (ALL, home)
    question = _question(fleet, "" if back else chosen)
    if not yes and not agreed(question):
        raise Interrupted("nothing was changed")
    mover = moving(fleet, command(chosen), wait)
    answers: list[HostnameAnswer] = []

    def work(context: Context) -> tuple[bool, str]:
        answers.append(mover.restore(context) if back else mover.switch_to(context, chosen))
        return True, f"{answers[0].url} answers from {answers[0].region or answers[0].address}"

    act(fleet, chosen, command(chosen), work)
    _tell(fleet, answers[0], back)


def _question(fleet: RegionRunner, region: str) -> str:
    """region: "" for back to all."""
    if region:
        return f"Send all clients of {fleet.settings.hostname} to {region}?"
    return f"Let clients of {fleet.settings.hostname} go where the settings say?"


def _tell(fleet: RegionRunner, answer: HostnameAnswer, back: bool) -> None:
    where = answer.region or answer.address
    after = () if back else ("Back to what the settings say: epochctl failover to all",)
    lines = ("", f"{answer.url} answers, from {where}.", *after)
    fleet.presenter.result({"url": answer.url, "answered": answer.region}, lines)


@app.command()
def drill(
    ctx: typer.Context,
    what: Annotated[
        Literal["route", "targets", "network"],
        typer.Option(
            "--break",
            help="route: its health check is forced to fail. targets: its pods are ended. "
            "network: its load balancer lets nobody in.",
        ),
    ] = "route",
    mend: Annotated[
        bool, typer.Option("--mend", help="Only mend what a drill that was killed has left broken.")
    ] = False,
    yes: Yes = False,
    wait: Wait = None,
    output: Output = "text",
    sandbox: Sandbox = False,
) -> None:
    """Break a region on purpose, measure the failover as a client sees it, and mend the region again.

    The region is the one that answers here, or --region. It is mended whatever happens, also after Ctrl-C.
    """
    from epochctl.cli.command_context import open_command
    from epochctl.errors import SettingsError
    from epochctl.operations import failover_drill
    from epochctl.operations.run import interactive

    if not yes and not mend and not interactive():
        raise SettingsError("a drill asks first", why="there is no terminal to ask on", fix="add --yes")
    wanted, options = ctx.obj.region or "", replace(ctx.obj, region=None)
    with open_command(options, output=output, title="failover drill") as fleet:
        if mend:
            failover_drill.mend(fleet)
        else:
            failover_drill.run(fleet, wanted, what, yes, wait)
