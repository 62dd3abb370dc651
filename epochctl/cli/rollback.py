"""`epochctl rollback [REVISION]`: an older release again, done when it serves. Shows first, then asks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from epochctl.cli import differing
from epochctl.cli.options import Output, Sandbox, Wait, Yes

if TYPE_CHECKING:
    from epochctl.cli.session import Session
    from epochctl.steps.deploy.releases import Return
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
    """Go back to an older release; done when the load balancer serves it."""
    from epochctl.cli.locked import locked
    from epochctl.cli.session import agreed, interactive, opened
    from epochctl.errors import Interrupted, NotFoundError, SettingsError

    if not yes and not interactive():
        raise SettingsError("rollback asks first", why="there is no terminal to ask on", fix="add --yes")
    command = f"rollback {revision}" if revision else "rollback"
    with opened(ctx.obj, output=output, title="rollback") as session, locked(session, command, wait):
        releases = session.runner().graph.step("deploy").releases()  # type: ignore[attr-defined]
        if releases is None:
            raise NotFoundError("there is no cluster", fix="epochctl up")
        found: Return = releases.back(revision)
        number = found.target.revision
        if found.same:
            return session.presenter.result(
                {"revision": number, "changed": False}, (f"Revision {number} is the present one.",)
            )
        typer.echo("\n".join(preview(found)), err=True)
        if not yes and not agreed(f"Roll {session.place} back to revision {number}?"):
            raise Interrupted("nothing was changed")
        _roll_back(session, found)


def preview(found: Return) -> tuple[str, ...]:
    """What would change."""
    when = f"{found.target.updated:%Y-%m-%d %H:%M} UTC"
    head = f"Revision {found.present.revision} -> {found.target.revision} (of {when}):"
    return (head, *(differing.lines(found.changes) or ("  the same objects",)))


def _roll_back(session: Session, found: Return) -> None:
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
        {**fields, "url": release.url, "changes": differing.fields(found.changes)}, (said, AFTER)
    )
