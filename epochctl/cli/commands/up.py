"""`epochctl up`: from nothing to a verified https URL, side by side where nothing stands between.

Regions, too. The plan and the question about it are `planned`'s.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from epochctl.cli.options import Output, SandboxLater, Wait, Yes, enter
from epochctl.operations.reviewed_plans import ReviewedPlans

if TYPE_CHECKING:
    from epochctl.operations.regions import RegionRunner
    from epochctl.operations.run import Run

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
def up(
    ctx: typer.Context,
    plan: Annotated[bool, typer.Option("--plan", help="Show what would be done; change nothing.")] = False,
    yes: Yes = False,
    ttl: Annotated[
        str,
        typer.Option(
            "--ttl", help="From now: 30m, 4h, 2d; never. Then down --expired may take it.", show_default=False
        ),
    ] = "",
    reviewed: ReviewedPlans = None,
    wait: Wait = None,
    output: Output = "text",
    sandbox: SandboxLater = False,
) -> None:
    """Bring everything up, from nothing to a verified https URL.

    Several regions come up side by side; one that fails does not stop the others, and is repaired by
    `up --region`. One that the settings do not list any more is removed when all others stand.
    """
    from epochctl.cli.command_context import open_command
    from epochctl.operations import confirm_plan, delisted_regions, failover_drill
    from epochctl.operations.run import interactive
    from epochctl.operations.ttl import check

    check(ttl)
    enter(ctx.obj, sandbox, agreed=not plan and not yes)
    with open_command(ctx.obj, output=output, title="up", ttl=ttl, listed=True, reviewed=reviewed) as fleet:
        fleet.each(_look_ahead)
        delisted_regions.find(fleet)
        if plan:
            return confirm_plan.show(fleet)
        with fleet.locked(_again(ttl, reviewed), wait):
            if interactive() and not yes and output == "text":
                confirm_plan.ask(fleet)
            failover_drill.mend_before_up(fleet)
            urls = fleet.each(_bring_up)
            delisted_regions.remove(fleet, wait)
        if fleet.alone:
            url = urls[fleet.first.region]
            fleet.presenter.result({"url": url}, (f"\n{url} answers.", "Look around: epochctl status"))
        elif urls:
            _tell(fleet, next(iter(urls.values())))


def _again(ttl: str, reviewed: Path | None) -> str:
    """The command as `resume` must say it."""
    return "up" + (f" --ttl={ttl}" if ttl else "") + (f" --reviewed={reviewed}" if reviewed else "")


def _look_ahead(session: Run) -> None:
    """Nothing half done for want of a program, of credentials, of room in the account."""
    from epochctl.preflight import Checks, preflight_error

    facts = Checks(session.settings, session.region, session.aws).run_required()
    for fact in facts:
        if fact.state == "warn":
            session.warn(f"{fact.name}: {fact.why}")
    refused = preflight_error(facts)
    if refused:
        raise refused


def _bring_up(session: Run) -> str:
    """The URL that answers."""
    from epochctl.operations.credential_check import budgeted
    from epochctl.outputs import Verification

    result = session.runner(budgeted(session, "up")).up().check()
    return result.outputs.get(Verification).url


def _tell(fleet: RegionRunner, url: str) -> None:
    up = [session.region for session in fleet.standing]
    fleet.tell({"url": url}, ("", f"{url} answers from {', '.join(up)}.", "Look around: epochctl status"))
