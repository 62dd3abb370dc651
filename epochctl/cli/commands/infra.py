"""`epochctl infra`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from epochctl.cli.command_context import open_command
from epochctl.cli.options import CHANGES, ExitCode, Output, ReviewedPlans, Sandbox, Wait

app = typer.Typer(
    rich_markup_mode=None, no_args_is_help=True, help="VPC, cluster and registry, by terraform."
)


@app.command()
def plan(
    ctx: typer.Context,
    save: Annotated[
        Path | None,
        typer.Option(
            "--save",
            metavar="PATH",
            help="Also write it down, to be reviewed: to a file, or to a folder, a file a region.",
            show_default=False,
        ),
    ] = None,
    if_up: Annotated[
        bool,
        typer.Option("--if-up", help="Plan nothing where nothing is up: that is no change, either."),
    ] = False,
    exit_code: ExitCode = False,
    output: Output = "text",
    sandbox: Sandbox = False,
) -> None:
    """Show what terraform would change. `infra up` makes a plan of its own, and applies that one."""
    from epochctl.operations import infra

    with open_command(ctx.obj, output=output, title="infra plan", listed=True) as regions:
        has_changes = infra.plan(regions, save, if_up)
    if exit_code and has_changes:
        raise typer.Exit(CHANGES)


@app.command()
def up(
    ctx: typer.Context,
    reviewed: ReviewedPlans = None,
    wait: Wait = None,
    output: Output = "text",
    sandbox: Sandbox = False,
) -> None:
    """Apply the plan."""
    from epochctl.operations import run_steps

    with open_command(ctx.obj, output=output, title="infra up", listed=True, reviewed=reviewed) as regions:
        run_steps.infra_up(regions, reviewed, wait)


@app.command(name="output")
def outputs(ctx: typer.Context, output: Output = "text", sandbox: Sandbox = False) -> None:
    """Print terraform's outputs."""
    from epochctl.operations import infra

    with open_command(ctx.obj, output=output, title="infra output") as regions:
        infra.output(regions)
