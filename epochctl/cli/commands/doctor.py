"""`epochctl doctor`: what would stop `up`, all of it at once, before anything is made."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from epochctl.cli.options import Output, Sandbox

if TYPE_CHECKING:
    from epochctl.operations.run import Run
    from epochctl.preflight import CheckResult

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
def doctor(ctx: typer.Context, output: Output = "text", sandbox: Sandbox = False) -> None:
    """Look for what would stop `up`: account, quotas, names, tools, zone."""
    from epochctl.cli.command_context import open_command

    with open_command(ctx.obj, output=output, title="doctor", listed=True) as fleet:
        fleet.each(_examine)


def _examine(session: Run) -> None:
    from epochctl.errors import PreflightError
    from epochctl.preflight import Checks

    facts = Checks(session.settings, session.region, session.aws).run_all()
    failing = sum(fact.state == "fail" for fact in facts)
    fields = [{"fact": f.name, "state": f.state, "why": f.why, "fix": f.fix} for f in facts]
    session.presenter.result({"facts": fields}, tuple(map(_line, facts)))
    if failing:
        raise PreflightError(
            f"{failing} of {len(facts)} facts would stop `up`",
            why=", ".join(fact.name for fact in facts if fact.state == "fail"),
            fix="each line above that begins with fail says what to do",
        )


def _line(fact: CheckResult) -> str:
    fix = f"; {fact.fix}" if fact.fix and fact.state != "ok" else ""
    return f"{fact.state:<5} {fact.name:<20} {fact.why}{fix}"
