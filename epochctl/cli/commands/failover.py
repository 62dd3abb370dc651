"""`epochctl failover`."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Literal

import typer

from epochctl.cli.command_context import open_command
from epochctl.cli.options import Output, Sandbox, Wait, Yes

app = typer.Typer(
    rich_markup_mode=None, no_args_is_help=True, help="Which region answers; another one; a drill."
)


@app.command()
def status(ctx: typer.Context, output: Output = "text", sandbox: Sandbox = False) -> None:
    """Show each region's part of the host name, and which one answers now."""
    from epochctl.operations import failover_status

    with open_command(replace(ctx.obj, region=None), output=output, title="failover status") as regions:
        failover_status.show(regions)


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
    from epochctl.operations import switchover

    ctx.obj.require_answer(yes, "failover asks first")
    title = f"failover to {region}"
    with open_command(replace(ctx.obj, region=None), output=output, title=title) as regions:
        switchover.switch(regions, region, ask=not yes, wait=wait)


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
    from epochctl.operations import failover_drill

    ctx.obj.require_answer(yes or mend, "a drill asks first")
    title = "failover drill"
    with open_command(replace(ctx.obj, region=None), output=output, title=title) as regions:
        if mend:
            failover_drill.repair(regions)
        else:
            failover_drill.drill(regions, ctx.obj.region or "", what, ask=not yes, wait=wait)
