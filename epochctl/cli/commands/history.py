"""`epochctl history`: releases, as helm recorded them in the cluster; runs, from this directory's journal."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from epochctl.cli.options import Output, Sandbox
from epochctl.cli.output.event_text import duration

if TYPE_CHECKING:
    from epochctl.operations.run import Run
    from epochctl.steps.deploy.releases import Revision
    from epochctl.workflow.run_history import RecordedRun

app = typer.Typer(rich_markup_mode=None, add_completion=False)

LEEWAY = timedelta(seconds=5)  # clocks of this machine and of whoever wrote helm's record


@app.command()
def history(
    ctx: typer.Context,
    limit: Annotated[int, typer.Option("--limit", help="How many of each, the newest first.", min=1)] = 10,
    all_runs: Annotated[bool, typer.Option("--all", help="Runs that only looked, too.")] = False,
    output: Output = "text",
    sandbox: Sandbox = False,
) -> None:
    """Show the releases and the runs, the newest first.

    Releases are the whole team's: they stand in the cluster. Runs are those of this directory.
    """
    from epochctl.cli.command_context import open_command

    with open_command(ctx.obj, output=output, title="history") as fleet:
        fleet.each(lambda session: _show(session, limit, all_runs))


def _show(session: Run, limit: int, all_runs: bool) -> None:
    from epochctl.workflow import run_history

    path = session.files / "journal.jsonl"
    known = [run for run in run_history.read(path) if all_runs or run.worked or run.ok is None]
    revisions, note = _revisions(session)
    shown = [_with_author(revision, known) for revision in revisions[:limit]]
    fields: dict[str, object] = {
        "releases": [asdict(one) for one in shown],
        "releases_note": note,
        "runs": [{**asdict(run), "ended": run.ending} for run in known[:limit]],
    }
    session.presenter.result(fields, (*release_lines(shown, note), "", *run_lines(known[:limit])))


def _revisions(session: Run) -> tuple[tuple[Revision, ...], str]:
    """The releases, or why there are none to show; the runs are shown all the same."""
    from epochctl.errors import EpochctlError

    step = session.runner().graph.step("deploy")
    try:
        releases = step.releases()  # type: ignore[attr-defined]
        listed = releases.listed() if releases else ()
    except EpochctlError as error:
        return (), error.what
    return listed, "" if listed else "none: nothing is deployed"


def _with_author(revision: Revision, known: list[RecordedRun]) -> Revision:
    """helm does not say who rolled back; a run of ours at that time does."""
    if revision.who:
        return revision
    at = next((run for run in known if _spans(run, revision)), None)
    return replace(revision, who=at.who) if at else revision


def _spans(run: RecordedRun, revision: Revision) -> bool:
    end = run.when + timedelta(seconds=run.seconds)
    return run.when - LEEWAY <= revision.when <= end + LEEWAY


def release_lines(revisions: list[Revision], note: str) -> tuple[str, ...]:
    """A table, or the note."""
    if note:
        return ("Releases:", f"  {note}")
    head = f"  {'rev':>3}  {'when (UTC)':<19}  {'status':<11}  {'image':<19}  {'chart':<12}  who"
    return ("Releases:", head, *(_release(one) for one in revisions))


def _release(one: Revision) -> str:
    told = "  ".join(part for part in (one.who or "-", one.description) if part)
    when = f"{one.when:%Y-%m-%d %H:%M:%S}"
    return f"  {one.revision:>3}  {when}  {one.status:<11}  {one.digest[:19]:<19}  {one.chart:<12}  {told}"


def run_lines(known: list[RecordedRun]) -> tuple[str, ...]:
    """A table; under a run that failed what failed."""
    if not known:
        return ("Runs:", "  none from this directory")
    lines = [f"  {'when (UTC)':<19}  {'command':<14}  {'ended':<9}  {'took':>11}  who"]
    for run in known:
        took = duration(run.seconds) if run.ok is not None else ""
        when = f"{run.when:%Y-%m-%d %H:%M:%S}"
        lines.append(f"  {when}  {run.command:<14}  {run.ending:<9}  {took:>11}  {run.who}")
        lines += [f"    {failure.step}: {failure.what}" for failure in run.failures]
    return ("Runs:", *lines)
