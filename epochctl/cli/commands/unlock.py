"""`epochctl unlock`: a lock whose holder is gone for certain, or whose run somebody names, is removed.

There is no other way around a lock.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from epochctl.cli.options import Output, Sandbox

if TYPE_CHECKING:
    from epochctl.locks import Holder
    from epochctl.operations.run import Run
    from epochctl.tools.terraform import LockHolder

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
def unlock(
    ctx: typer.Context,
    run_id: Annotated[
        str, typer.Option("--run-id", help="The run, or terraform's lock, that is certainly dead.")
    ] = "",
    output: Output = "text",
    sandbox: Sandbox = False,
) -> None:
    """Remove what a dead run has locked: ours, and terraform's."""
    from epochctl.cli.command_context import open_command

    with open_command(ctx.obj, output=output, title="unlock") as fleet:
        fleet.each(lambda session: _unlock(session, run_id))


def _unlock(session: Run, run_id: str) -> None:
    _refuse_living(session)
    own = _own(session, run_id)
    removed = (
        *((f"the lock of run {own.run}: {own.line}",) if own else ()),
        *_terraforms(session, run_id, own),
    )
    lines = (
        *(f"Removed {line}" for line in removed),
        "Nothing is locked any more." if removed else "Nothing is locked.",
    )
    session.presenter.result({"removed": removed}, lines)


def _refuse_living(session: Run) -> None:
    """A process of this machine that is at work is ended, not robbed."""
    from epochctl.errors import LockedError
    from epochctl.operations.run_lock import local

    lock = local(session)
    if lock.held():
        holder = lock.holder()
        raise LockedError(
            "that run is alive, on this machine",
            why=holder.line if holder else "it is just starting",
            fix=f"wait for it, or end it in order: kill -INT {holder.pid if holder else '<its process>'}",
        )


def _own(session: Run, run_id: str) -> Holder | None:
    """The holder whose lock was removed."""
    from epochctl.locks.holder import read
    from epochctl.operations.run_lock import local, shared

    lock = shared(session)
    found = lock.read()
    if found is None:
        return None
    holder = read(found.text)
    before = local(session).holder()
    known = holder is not None and before is not None and before.run == holder.run
    if holder is None or not (holder.gone or known or holder.run == run_id):
        raise _undecided(session, holder)
    if not lock.delete(found.etag):
        raise _undecided(session, holder)
    return holder


def _undecided(session: Run, holder: Holder | None) -> Exception:
    import time

    from epochctl.errors import LockedError
    from epochctl.operations.run_lock import key

    run = holder.run if holder else ""
    return LockedError(
        "that run may be alive: it is not of this machine",
        why=holder.described(time.time()) if holder else f"{key(session)} holds what no epochctl wrote",
        fix=f"wait for it (epochctl up --wait); if it is certainly dead: epochctl unlock --run-id {run}",
    )


def _terraforms(session: Run, run_id: str, own: Holder | None) -> tuple[str, ...]:
    """terraform's own lock on the state, which a killed terraform leaves behind."""
    from epochctl.errors import LockedError

    runner = session.runner()
    step: Any = runner.graph.step("infra-up")
    holder: LockHolder | None = step.lock_holder()
    if holder is None:
        return ()
    theirs = own is not None and holder.is_held_by(f"{own.who}@{own.host}", own.since)
    if not (holder.id == run_id or theirs or step.left_behind(holder)):
        raise LockedError(
            "terraform's lock may belong to a terraform that is alive",
            why=f"{holder.who} since {holder.when} ({holder.operation})",
            fix=f"wait for it; if it is certainly dead: epochctl unlock --run-id {holder.id}",
        )
    step.unlock(runner.context("infra-up"), holder.id)
    return (f"terraform's lock {holder.id}: {holder.who} since {holder.when} ({holder.operation})",)
