"""`unlock`: removes the lock of a run that is dead or that the user names, and Terraform's lock."""

from __future__ import annotations

import time
from functools import partial

from epochctl.command import Command
from epochctl.errors import LockedError
from epochctl.locks import Holder
from epochctl.locks.holder import parse_holder
from epochctl.operations.dependencies import lock_key
from epochctl.operations.regions import RegionRunner
from epochctl.operations.run import Run


def unlock(regions: RegionRunner, run_id: str) -> None:
    """Remove the locks of dead runs. run_id: a run, or a Terraform lock, that the user knows to be dead."""
    regions.run_parallel(partial(_unlock, run_id=run_id))


def _unlock(run: Run, run_id: str) -> None:
    _refuse_running(run)
    own = _remove_run_lock(run, run_id)
    removed = (
        *((f"the lock of run {own.run}: {own.summary}",) if own else ()),
        *_remove_terraform_lock(run, run_id, own),
    )
    last = "Nothing is locked any more." if removed else "Nothing is locked."
    run.presenter.result({"removed": removed}, (*(f"Removed {line}" for line in removed), last))


def _refuse_running(run: Run) -> None:
    """Raise LockedError if a process of this machine holds the lock: it can be stopped."""
    lock = run.local_lock
    if lock.is_held():
        holder = lock.read_holder()
        raise LockedError(
            "that run is alive, on this machine",
            why=holder.summary if holder else "it is just starting",
            fix=f"wait for it, or end it in order: kill -INT {holder.pid if holder else '<its process>'}",
        )


def _remove_run_lock(run: Run, run_id: str) -> Holder | None:
    """Return the holder whose lock was removed. Raises LockedError if the holder may be alive."""
    lock = run.clients.lock_object(run.settings)
    found = lock.read()
    if found is None:
        return None
    holder = parse_holder(found.text)
    before = run.local_lock.read_holder()
    is_known = holder is not None and before is not None and before.run == holder.run
    if holder is None or not (holder.is_dead or is_known or holder.run == run_id):
        raise _may_be_alive(run, holder)
    if not lock.delete(found.etag):
        raise _may_be_alive(run, holder)
    return holder


def _may_be_alive(run: Run, holder: Holder | None) -> LockedError:
    unknown = f"{lock_key(run.settings, run.region)} holds what no epochctl wrote"
    id = holder.run if holder else ""
    return LockedError(
        "that run may be alive: it is not of this machine",
        why=holder.describe(time.time()) if holder else unknown,
        fix=f"wait for it ({Command('up', '--wait')}); "
        f"if it is certainly dead: {Command('unlock', '--run-id', id)}",
    )


def _remove_terraform_lock(run: Run, run_id: str, own: Holder | None) -> tuple[str, ...]:
    """Remove the lock that a killed Terraform left on the state; return what was removed, a line each."""
    step = run.steps.infra_up
    holder = step.lock_holder()
    if holder is None:
        return ()
    is_ours = own is not None and holder.is_held_by(f"{own.who}@{own.host}", own.since)
    if not (holder.id == run_id or is_ours or step.left_behind(holder)):
        raise LockedError(
            "terraform's lock may belong to a terraform that is alive",
            why=f"{holder.who} since {holder.when} ({holder.operation})",
            fix=f"wait for it; if it is certainly dead: {Command('unlock', '--run-id', holder.id)}",
        )
    step.unlock(run.runner().context(step.name), holder.id)
    return (f"terraform's lock {holder.id}: {holder.who} since {holder.when} ({holder.operation})",)
