"""`epochctl down`: what `up` made is removed in the right order, and it is proven that nothing is left."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from epochctl.cli.options import Output, SandboxLater, Wait, Yes, enter

if TYPE_CHECKING:
    from epochctl.cli.session import Session

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
    """Take everything down, in order; asks once."""
    from epochctl.cli import lifetime
    from epochctl.cli.locked import locked
    from epochctl.cli.session import interactive, opened
    from epochctl.errors import SettingsError

    if not yes and not interactive():
        raise SettingsError(
            "down asks before it removes", why="there is no terminal to ask on", fix="add --yes"
        )
    enter(ctx.obj, sandbox, then_down=not expired)
    with opened(ctx.obj, output=output, title="down") as session:
        session.aws.account_id()
        if expired and (why := lifetime.not_expired(session)):
            return session.presenter.result({"expired": False, "why": why}, (f"{why}; nothing was removed",))
        with locked(session, "down --delete-state" if delete_state else "down", wait):
            _remove(session, yes, delete_state)


def _remove(session: Session, yes: bool, delete_state: bool) -> None:
    """All of it, after a look and a question."""
    from epochctl.cli.budgeted import budgeted

    runner = session.runner(budgeted(session, "down"))
    seen = runner.survey("looking for what is there").check().seen
    if not yes:
        _ask(session, tuple(name for name in runner.graph.names if name in seen and seen[name].exists))
    removed = runner.down().check().removed
    _prove(session)
    removed += _delete_state(session) if delete_state else ()
    _report(session, removed, _kept(session))


def _ask(session: Session, there: tuple[str, ...]) -> None:
    from epochctl.cli.session import agreed
    from epochctl.errors import Interrupted

    typer.echo(
        f"This removes {session.place}: {', '.join(reversed(there)) or 'nothing that could be seen'}",
        err=True,
    )
    if not agreed("Go on?"):
        raise Interrupted("nothing was removed")


def _delete_state(session: Session) -> tuple[str, ...]:
    import shutil

    from epochctl.cli.locked import key
    from epochctl.clients.state_bucket import StateBucket

    gone = StateBucket(session.aws).delete_if_unused(session.aws.account_id(), key(session))
    files = session.settings.state_directory(session.region)
    shutil.rmtree(files, ignore_errors=True)
    return (*gone, f"files {files}")


def _kept(session: Session) -> tuple[str, ...]:
    from epochctl.clients.state_bucket import StateBucket

    settings, bucket, account = session.settings, StateBucket(session.aws), session.aws.account_id()
    state = f"state bucket {bucket.name(account)}: terraform's history (--delete-state removes it)"
    return (
        *((state,) if bucket.exists(account) else ()),
        *((f"certificate {settings.certificate_arn}: yours",) if settings.certificate_arn else ()),
    )


def _prove(session: Session) -> None:
    """Ask AWS itself, not our own memory."""
    from epochctl.clients.leftovers import Leftovers
    from epochctl.errors import LeftoversError

    settings = session.settings
    left = Leftovers(session.aws).find(settings.full_name, settings.tags, _given(session))
    if left:
        raise LeftoversError(
            f"{len(left)} objects of ours are still there",
            why="\n".join(left),
            fix="run `epochctl down` again",
        )


def _given(session: Session) -> tuple[str, ...]:
    """The user's own certificate and its validation record stay, even where `cert request` made them."""
    from epochctl.clients.acm import Acm

    arn = session.settings.certificate_arn
    state = Acm(session.aws).describe(arn) if arn else None
    return (state.arn, state.record_name) if state else ()


def _report(session: Session, removed: tuple[str, ...], kept: tuple[str, ...]) -> None:
    lines = [
        "",
        f"Removed ({len(removed)}):" if removed else "Nothing was there to be removed.",
        *(f"  {line}" for line in removed),
        *(["Kept on purpose:", *(f"  {line}" for line in kept)] if kept else []),
        "Nothing of ours is left.",
    ]
    session.presenter.result({"removed": removed, "kept": kept, "left": ()}, tuple(lines))
