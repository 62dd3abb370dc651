"""`epochctl down`: what `up` made is removed in the right order, and it is proven that nothing is left."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from epochctl.cli.options import Output, SandboxLater, Wait, Yes, enter

if TYPE_CHECKING:
    from pathlib import Path

    from epochctl.cli.proof import Proof
    from epochctl.cli.session import Session
    from epochctl.workflow.runner import Runner

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
    _refuse_strangers(runner)  # first: it takes seconds
    seen = runner.survey("looking for what is there").check().seen
    if not yes:
        _ask(session, tuple(name for name in runner.graph.names if name in seen and seen[name].exists))
    vpcs = _vpcs(session, runner)
    removed = runner.down().check().removed
    _prove(session, runner, vpcs, removed, delete_state)


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


def _refuse_strangers(runner: Runner) -> None:
    """Before anything is removed: a service that was taken down for nothing is down."""
    for step in runner.graph:
        if step.name == "infra_up":
            step.refuse_strangers(runner.context("infra_up"))  # type: ignore[attr-defined]


def _vpcs(session: Session, runner: Runner) -> tuple[str, ...]:
    """What was ours before: looked into afterwards, whatever became of its tags."""
    from epochctl.clients.network import Network
    from epochctl.clients.security_groups import SecurityGroups
    from epochctl.outputs import Infrastructure

    known = runner.outputs.find(Infrastructure)
    found = Network(session.aws, SecurityGroups(session.aws)).find(session.settings.tags)
    return tuple(dict.fromkeys((*found, *((known.vpc_id,) if known else ()))))


def _prove(
    session: Session, runner: Runner, vpcs: tuple[str, ...], removed: tuple[str, ...], delete_state: bool
) -> None:
    """Ask AWS itself, not our own memory; the state goes only when nothing is left that it could name."""
    from epochctl.cli import proof
    from epochctl.errors import LeftoversError

    found = proof.prove(session, runner.context("proof"), vpcs)
    if not found.left and delete_state:
        removed += _delete_state(session)
    found = replace(found, removed=removed, kept=_kept(session))
    path = found.save(session.settings.state_directory(session.region))
    session.presenter.close()
    if found.left:
        raise LeftoversError(
            f"{len(found.left)} objects of ours are still there",
            why="\n".join(found.left),
            fix=f"run `epochctl down` again; the report is {path}",
        )
    _report(session, found, path)


def _report(session: Session, found: Proof, path: Path) -> None:
    lines = [
        "",
        f"Removed ({len(found.removed)}):" if found.removed else "Nothing was there to be removed.",
        *(f"  {line}" for line in found.removed),
        *(["Kept on purpose:", *(f"  {line}" for line in found.kept)] if found.kept else []),
        *(["Not ours, left alone:", *(f"  {line}" for line in found.foreign)] if found.foreign else []),
        "Nothing of ours is left.",
        f"Report: {path}",
    ]
    fields = {"removed": found.removed, "kept": found.kept, "foreign": found.foreign, "left": ()}
    session.presenter.result({**fields, "report": str(path)}, tuple(lines))
