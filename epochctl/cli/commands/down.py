"""`epochctl down`: what `up` made is removed in the right order, and it is proven that nothing is left.

Of several regions all, side by side, or one, which its clients leave first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from epochctl.cli.options import Output, SandboxLater, Wait, Yes, enter

if TYPE_CHECKING:
    from epochctl.operations.regions import RegionRunner
    from epochctl.operations.run import Run
    from epochctl.operations.surviving_regions import SurvivingRegions
    from epochctl.operations.teardown import Found

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
def down(
    ctx: typer.Context,
    yes: Yes = False,
    expired: Annotated[
        bool, typer.Option("--expired", help="Only if its time is over (up --ttl); else do nothing.")
    ] = False,
    delete_state: Annotated[
        bool, typer.Option("--delete-state", help="Remove terraform's state and the local files, too.")
    ] = False,
    wait: Wait = None,
    output: Output = "text",
    sandbox: SandboxLater = False,
) -> None:
    """Take everything down, in order; asks once.

    With --region one of several, or one that the settings do not list any more: its clients are sent to
    the others first.
    """
    from epochctl.cli.command_context import open_command
    from epochctl.errors import SettingsError
    from epochctl.operations.run import interactive

    if not yes and not interactive():
        raise SettingsError(
            "down asks before it removes", why="there is no terminal to ask on", fix="add --yes"
        )
    enter(ctx.obj, sandbox, then_down=not expired)
    with open_command(ctx.obj, output=output, title="down") as fleet:
        fleet.each(lambda session: session.aws.account_id())
        if expired:
            _excuse_the_young(fleet)
        if not fleet.standing:
            return
        with fleet.locked("down --delete-state" if delete_state else "down", wait):
            _remove(fleet, yes, delete_state)


def _excuse_the_young(fleet: RegionRunner) -> None:
    """What still has time stays."""
    from epochctl.operations import ttl

    def young(session: Run) -> bool:
        why = ttl.not_expired(session)
        if why:
            session.presenter.result({"expired": False, "why": why}, (f"{why}; nothing was removed",))
        return bool(why)

    fleet.excuse(region for region, stays in fleet.each(young).items() if stays)


def _remove(fleet: RegionRunner, yes: bool, delete_state: bool) -> None:
    """All of it, after a look and a question."""
    from epochctl.operations import surviving_regions, teardown

    found = fleet.each(teardown.look)
    others = surviving_regions.elsewhere(fleet)
    if not yes:
        _ask(fleet, found, others)
    elif others.last:
        raise others.refusal
    fleet.each(
        lambda session: teardown.remove(
            session, found[session.region], delete_state=delete_state, others_serve=bool(others.stay)
        )
    )


def _ask(fleet: RegionRunner, found: dict[str, Found], others: SurvivingRegions) -> None:
    from epochctl.errors import Interrupted
    from epochctl.operations.run import agreed

    for session in fleet.standing:
        there = found[session.region].there
        typer.echo(
            f"This removes {session.place}: {', '.join(reversed(there)) or 'nothing that could be seen'}",
            err=True,
        )
    if others.told:
        typer.echo(fleet.first.advice(others.told), err=True)
    if not agreed("Go on?"):
        raise Interrupted("nothing was removed")
