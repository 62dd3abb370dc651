"""`epochctl rollback [REVISION]`: an older release again, done when it serves. Shows first, then asks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from epochctl.cli.options import Output, Sandbox, Wait, Yes
from epochctl.operations import diff_text

if TYPE_CHECKING:
    from epochctl.cli.options import Globals
    from epochctl.operations.regions import RegionRunner
    from epochctl.operations.run import Run
    from epochctl.steps.deploy.releases import RollbackPreview
    from epochctl.workflow.step import Context

app = typer.Typer(rich_markup_mode=None, add_completion=False)

AFTER = "The settings have not changed: `epochctl up` deploys them again. What that is: epochctl up --plan"


@app.command()
def rollback(
    ctx: typer.Context,
    revision: Annotated[
        int | None,
        typer.Argument(help="As `epochctl history` lists it; by default the last that was healthy.", min=1),
    ] = None,
    yes: Yes = False,
    wait: Wait = None,
    output: Output = "text",
    sandbox: Sandbox = False,
) -> None:
    """Go back to an older release; done when the load balancer serves it.

    Several regions take their turn; the first that fails is the last.
    """
    from epochctl.cli.command_context import open_command
    from epochctl.errors import Interrupted, SettingsError
    from epochctl.operations.run import agreed, interactive

    if not yes and not interactive():
        raise SettingsError("rollback asks first", why="there is no terminal to ask on", fix="add --yes")
    command = f"rollback {revision}" if revision else "rollback"
    options = _of_one(ctx.obj, revision)
    with open_command(options, output=output, title="rollback") as fleet, fleet.locked(command, wait):
        found = fleet.each(lambda session: _found(session, revision))
        fleet.excuse(region for region, one in found.items() if one.same)
        for session in fleet.standing:
            typer.echo("\n".join(_headed(fleet, session, found[session.region])), err=True)
        if fleet.standing and not yes and not agreed(_question(fleet, found)):
            raise Interrupted("nothing was changed")
        fleet.in_turn(lambda session: _roll_back(session, found[session.region]))


def _of_one(options: Globals, revision: int | None) -> Globals:
    """Each cluster counts its own revisions: one by number is of one region."""
    if revision is not None:
        options.settings_of_one(f"rollback {revision}")
    return options


def _found(session: Run, revision: int | None) -> RollbackPreview:
    from epochctl.errors import NotFoundError

    releases = session.runner().graph.step("deploy").releases()  # type: ignore[attr-defined]
    if releases is None:
        raise NotFoundError("there is no cluster", fix="epochctl up")
    found: RollbackPreview = releases.back(revision)
    if found.same:
        number = found.target.revision
        session.presenter.result(
            {"revision": number, "changed": False}, (f"Revision {number} is the present one.",)
        )
    return found


def _headed(fleet: RegionRunner, session: Run, found: RollbackPreview) -> tuple[str, ...]:
    return preview(found) if fleet.alone else (f"{session.region}:", *preview(found))


def _question(fleet: RegionRunner, found: dict[str, RollbackPreview]) -> str:
    numbers = {found[session.region].target.revision for session in fleet.standing}
    told = " and ".join(str(number) for number in sorted(numbers))
    return f"Roll {fleet.place} back to revision {told}?"


def preview(found: RollbackPreview) -> tuple[str, ...]:
    """What would change."""
    when = f"{found.target.updated:%Y-%m-%d %H:%M} UTC"
    head = f"Revision {found.present.revision} -> {found.target.revision} (of {when}):"
    return (head, *(diff_text.lines(found.changes) or ("  the same objects",)))


def _roll_back(session: Run, found: RollbackPreview) -> None:
    from epochctl.outputs import Release

    runner = session.runner()
    step: Any = runner.graph.step("deploy")
    done: list[Release] = []

    def work(ctx: Context) -> tuple[bool, str]:
        done.append(step.roll_back(ctx, found.target))
        return True, f"revision {done[0].revision}, as {found.target.revision}"

    runner.act("deploy", "rollback", work).check()
    release, number = done[0], found.target.revision
    fields: dict[str, object] = {"revision": release.revision, "as": number, "digest": release.digest}
    said = f"\n{release.url} is served by revision {release.revision}, which is {number} again."
    session.presenter.result(
        {**fields, "url": release.url, "changes": diff_text.fields(found.changes)}, (said, AFTER)
    )
