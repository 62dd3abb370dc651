"""`epochctl infra plan | up | output`: what terraform manages, by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from epochctl.cli import single
from epochctl.cli.options import Output, Sandbox, Wait

if TYPE_CHECKING:
    from epochctl.cli.session import Session
    from epochctl.tools.terraform import Plan

app = typer.Typer(
    rich_markup_mode=None, no_args_is_help=True, help="VPC, cluster and registry, by terraform."
)


@app.command()
def plan(ctx: typer.Context, output: Output = "text", sandbox: Sandbox = False) -> None:
    """Show what terraform would change. `infra up` makes a plan of its own, and applies that one."""
    from epochctl.cli.opening import opened

    with opened(ctx.obj, output=output, title="infra plan", listed=True) as fleet:
        fleet.each(_plan)


def _plan(session: Session) -> None:
    runner = session.runner(looking=True)
    found: Plan = runner.graph.step("infra_up").plan(runner.context("infra_up"))  # type: ignore[attr-defined]
    lines = found.changes or (("only outputs change",) if found.has_changes else ())
    session.presenter.result({"changes": lines}, tuple(lines) or ("No changes.",))


@app.command()
def up(ctx: typer.Context, wait: Wait = None, output: Output = "text", sandbox: Sandbox = False) -> None:
    """Apply the plan."""
    done = "The infrastructure is up. Next: epochctl lb-controller install"
    single.apply(ctx.obj, "infra_up", output=output, command="infra up", done=done, wait=wait)


@app.command(name="output")
def outputs(ctx: typer.Context, output: Output = "text", sandbox: Sandbox = False) -> None:
    """Print terraform's outputs."""
    from epochctl.cli.opening import opened

    with opened(ctx.obj, output=output, title="infra output") as fleet:
        fleet.each(_outputs)


def _outputs(session: Session) -> None:
    from dataclasses import asdict

    from epochctl.outputs import Infrastructure

    runner = session.runner(looking=True)
    step = runner.graph.step("infra_up")
    found: Infrastructure = step.output(runner.context("infra_up"))  # type: ignore[attr-defined]
    fields = asdict(found)
    session.presenter.result(fields, tuple(f"{key} = {value}" for key, value in fields.items()))
