"""`history`: the releases that Helm recorded in the cluster, and the runs that this directory recorded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import timedelta
from functools import partial

from epochctl.durations import format_duration
from epochctl.errors import EpochctlError
from epochctl.operations.regions import RegionRunner
from epochctl.operations.run import Run
from epochctl.steps.deploy.releases import Revision
from epochctl.workflow import run_history
from epochctl.workflow.run_history import RecordedRun

LEEWAY = timedelta(seconds=5)  # the clocks of this machine and of the one that wrote Helm's record


def history(regions: RegionRunner, limit: int, all_runs: bool) -> None:
    """Show releases and runs, the newest first. all_runs: also runs that changed nothing."""
    regions.run_parallel(partial(_history, limit=limit, all_runs=all_runs))


def _history(run: Run, limit: int, all_runs: bool) -> None:
    known = [one for one in run_history.read(run.journal) if all_runs or one.worked or one.ok is None]
    revisions, note = _revisions(run)
    shown = [_with_author(revision, known) for revision in revisions[:limit]]
    fields: dict[str, object] = {
        "releases": [asdict(one) for one in shown],
        "releases_note": note,
        "runs": [{**asdict(one), "ended": one.ending} for one in known[:limit]],
    }
    run.presenter.result(fields, (*_release_lines(shown, note), "", *_run_lines(known[:limit])))


def _revisions(run: Run) -> tuple[tuple[Revision, ...], str]:
    """Return the releases, or why there are none to show; the runs are shown in any case."""
    try:
        releases = run.steps.deploy.releases()
        listed = releases.listed() if releases else ()
    except EpochctlError as error:
        return (), error.what
    return listed, "" if listed else "none: nothing is deployed"


def _with_author(revision: Revision, known: Sequence[RecordedRun]) -> Revision:
    """Helm does not record who rolled back; a run of this directory at that time does."""
    if revision.who:
        return revision
    at = next((one for one in known if _spans(one, revision)), None)
    return replace(revision, who=at.who) if at else revision


def _spans(run: RecordedRun, revision: Revision) -> bool:
    end = run.when + timedelta(seconds=run.seconds)
    return run.when - LEEWAY <= revision.when <= end + LEEWAY


def _release_lines(revisions: Sequence[Revision], note: str) -> tuple[str, ...]:
    if note:
        return ("Releases:", f"  {note}")
    head = f"  {'rev':>3}  {'when (UTC)':<19}  {'status':<11}  {'image':<19}  {'chart':<12}  who"
    return ("Releases:", head, *(_release_line(one) for one in revisions))


def _release_line(one: Revision) -> str:
    who = "  ".join(part for part in (one.who or "-", one.description) if part)
    when = f"{one.when:%Y-%m-%d %H:%M:%S}"
    return f"  {one.revision:>3}  {when}  {one.status:<11}  {one.digest[:19]:<19}  {one.chart:<12}  {who}"


def _run_lines(known: Sequence[RecordedRun]) -> tuple[str, ...]:
    """Return a table; below a run that failed, what failed."""
    if not known:
        return ("Runs:", "  none from this directory")
    lines = [f"  {'when (UTC)':<19}  {'command':<14}  {'ended':<9}  {'took':>11}  who"]
    for one in known:
        took = format_duration(one.seconds) if one.ok is not None else ""
        when = f"{one.when:%Y-%m-%d %H:%M:%S}"
        lines.append(f"  {when}  {one.command:<14}  {one.ending:<9}  {took:>11}  {one.who}")
        lines += [f"    {failure.step}: {failure.what}" for failure in one.failures]
    return ("Runs:", *lines)
