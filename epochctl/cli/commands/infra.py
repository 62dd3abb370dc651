"""`epochctl infra plan | up | output`: what terraform manages, by itself."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from epochctl.cli.options import CHANGES, ExitCode, Output, Sandbox, Wait
from epochctl.operations import run_steps
from epochctl.operations.reviewed_plans import ReviewedPlans

if TYPE_CHECKING:
    from epochctl.operations.run import Run
    from epochctl.steps.infra_up.state_drift import StateDrift
    from epochctl.tools.terraform import Plan


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
    from epochctl.cli.command_context import open_command
    from epochctl.errors import SettingsError

    with open_command(ctx.obj, output=output, title="infra plan", listed=True) as fleet:
        if save is not None and save.suffix == ".json" and not fleet.alone:
            raise SettingsError("several plans do not go into one file", fix="name a folder, or --region")
        due = fleet.each(lambda session: _plan(session, save, if_up))
    if exit_code and any(due.values()):
        raise typer.Exit(CHANGES)


def _plan(session: Run, save: Path | None, if_up: bool) -> bool:
    """Whether something would change."""
    from epochctl.operations import reviewed_plans

    runner = session.runner(read_only=True)
    step: Any = runner.graph.step("infra-up")
    if if_up and _down(session, step.state_drift()):
        return False
    found: Plan
    if save is None:
        found = step.plan(runner.context("infra-up"))
    else:
        found, proposal = step.propose(runner.context("infra-up"))
        reviewed_plans.save(session.settings, proposal, save)
    lines = found.changes or (("only outputs change",) if found.has_changes else ())
    session.presenter.result({"changes": lines}, tuple(lines) or ("No changes.",))
    return found.has_changes


def _down(session: Run, seen: StateDrift) -> bool:
    """Whether nothing is up there, neither in the state nor in the account: then that is said."""
    if seen.up:
        return False
    why = "it was taken down" if seen.ended else "it was never brought up"
    line = f"Nothing is up in {session.region}: {why}. To bring it up: epochctl up"
    session.presenter.result({"changes": (), "up": False}, (line,))
    return True


@app.command()
def up(
    ctx: typer.Context,
    reviewed: ReviewedPlans = None,
    wait: Wait = None,
    output: Output = "text",
    sandbox: Sandbox = False,
) -> None:
    """Apply the plan."""
    run_steps.apply(
        ctx.obj,
        "infra-up",
        output=output,
        command="infra up",
        done="The infrastructure is up. Next: epochctl lb-controller install",
        wait=wait,
        again=f"infra up --reviewed={reviewed}" if reviewed else "",
        reviewed=reviewed,
    )


@app.command(name="output")
def outputs(ctx: typer.Context, output: Output = "text", sandbox: Sandbox = False) -> None:
    """Print terraform's outputs."""
    from epochctl.cli.command_context import open_command

    with open_command(ctx.obj, output=output, title="infra output") as fleet:
        fleet.each(_outputs)


def _outputs(session: Run) -> None:
    from dataclasses import asdict

    from epochctl.outputs import Infrastructure

    runner = session.runner(read_only=True)
    step = runner.graph.step("infra-up")
    found: Infrastructure = step.output(runner.context("infra-up"))  # type: ignore[attr-defined]
    fields = asdict(found)
    session.presenter.result(fields, tuple(f"{key} = {value}" for key, value in fields.items()))
