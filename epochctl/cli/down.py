"""`epochctl down`: what `up` made is removed in the right order, and it is proven that nothing is left."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from epochctl.cli.options import Output, SandboxLater, Yes, enter

if TYPE_CHECKING:
    from epochctl.cli.session import Session
    from epochctl.workflow.runner import Runner

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
def down(
    ctx: typer.Context,
    yes: Yes = False,
    delete_state: Annotated[
        bool, typer.Option("--delete-state", help="Remove terraform's state and the local files, too.")
    ] = False,
    output: Output = "text",
    sandbox: SandboxLater = False,
) -> None:
    """Take everything down, in order; asks once."""
    from epochctl.cli.session import interactive, opened
    from epochctl.errors import SettingsError

    if not yes and not interactive():
        raise SettingsError(
            "down asks before it removes", why="there is no terminal to ask on", fix="add --yes"
        )
    enter(sandbox, then_down=True)
    with opened(ctx.obj, output=output, title="down") as session:
        session.aws.account_id()
        runner = session.runner()
        seen = runner.survey("looking for what is there").check().seen
        if not yes:
            _ask(session, tuple(name for name in runner.graph.names if name in seen and seen[name].exists))
        removed = runner.down().check().removed
        kept = _kept(session, delete_state)
        _prove(session)
        _report(session, runner, removed, kept)


def _ask(session: Session, there: tuple[str, ...]) -> None:
    from epochctl.cli.session import agreed
    from epochctl.errors import Interrupted

    typer.echo(
        f"This removes {session.place}: {', '.join(reversed(there)) or 'nothing that could be seen'}",
        err=True,
    )
    if not agreed("Go on?"):
        raise Interrupted("nothing was removed")


def _kept(session: Session, delete_state: bool) -> tuple[str, ...]:
    return ()


def _prove(session: Session) -> None:
    """Ask AWS itself, not our own memory."""
    from epochctl.clients.leftovers import Leftovers
    from epochctl.errors import LeftoversError

    left = Leftovers(session.aws).find(session.settings.full_name, session.settings.tags)
    if left:
        raise LeftoversError(
            f"{len(left)} objects of ours are still there",
            why="\n".join(left),
            fix="run `epochctl down` again",
        )


def _report(session: Session, runner: Runner, removed: tuple[str, ...], kept: tuple[str, ...]) -> None:
    lines = [
        "",
        f"Removed ({len(removed)}):" if removed else "Nothing was there to be removed.",
        *(f"  {line}" for line in removed),
        *(["Kept on purpose:", *(f"  {line}" for line in kept)] if kept else []),
        "Nothing of ours is left.",
    ]
    session.presenter.result({"removed": removed, "kept": kept, "left": ()}, tuple(lines))
