"""What `up` would do and what it costs, shown once for all regions together, and the question about it.

Changes nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from epochctl.operations import delisted_regions

if TYPE_CHECKING:
    from epochctl.operations.regions import RegionRunner
    from epochctl.operations.run import Run
    from epochctl.workflow.step import Observation

Due = dict[str, list[str]]  # what is due, by step


def show(fleet: RegionRunner) -> None:
    """For `up --plan`."""
    dues = fleet.each(lambda session: _plan(session, read_only=True))
    due = any(dues.values()) or fleet.leaving
    last = "Nothing was changed. To do it: epochctl up" if due else "Nothing to do."
    for session in fleet.standing:
        _show_one(session, dues[session.region], () if not fleet.alone else (*_cost(fleet), last))
    for session in fleet.leaving:
        session.presenter.result({"due": {"down": [delisted_regions.WHY]}}, (delisted_regions.WHY,))
    if not fleet.alone:
        fleet.tell({"cost": _sum(fleet)}, ("", *_cost(fleet), last))


def ask(fleet: RegionRunner) -> None:
    """Show what would be done, and go on only where that is wanted."""
    from epochctl.errors import Interrupted
    from epochctl.operations.run import agreed

    dues = fleet.each(_plan)
    typer.echo(fleet.first.advice("\n".join((*_all_lines(fleet, dues), *_cost(fleet)))), err=True)
    if (any(dues.values()) or fleet.leaving) and not agreed(f"Make this so: {fleet.place}?"):
        raise Interrupted("nothing was changed")


def _show_one(session: Run, due: Due, rest: tuple[str, ...]) -> None:
    from epochctl.operations import cost_report

    fields: dict[str, object] = {"due": due, "cost": cost_report.fields(session.sized, session.region)}
    session.presenter.result(fields, (*_lines(due), *rest))


def _plan(session: Run, *, read_only: bool = False) -> Due:
    """read_only: not from inside a run."""
    runner = session.runner(read_only=read_only)
    seen = runner.plan().check().seen
    return {name: list(seen[name].changes) for name in runner.graph.names if _due(seen, name)}


def _due(seen: dict[str, Observation], name: str) -> bool:
    return name in seen and bool(seen[name].changes)


def _all_lines(fleet: RegionRunner, dues: dict[str, Due]) -> tuple[str, ...]:
    """Of one region as they are; of several under its name, and what is out said as well."""
    if fleet.alone:
        return _lines(dues[fleet.first.region])
    planned = [
        line
        for region, due in dues.items()
        for line in (f"{region}:", *(f"  {each}" for each in _lines(due) or ("nothing to do",)))
    ]
    leaving = (f"{session.region}: {delisted_regions.WHY}" for session in fleet.leaving)
    left_out = (f"{region}: left out: {error}" for region, error in fleet.failures.items())
    return (*planned, *leaving, *left_out)


def _lines(due: Due) -> tuple[str, ...]:
    """In full: the tree shows only a line of each."""
    return tuple(
        line for name, changes in due.items() for line in (f"{name}:", *(f"  {one}" for one in changes))
    )


def _cost(fleet: RegionRunner) -> tuple[str, ...]:
    from epochctl.operations import cost_report

    if fleet.alone:
        return cost_report.lines(fleet.first.sized, fleet.first.region)
    return cost_report.together({session.region: session.sized for session in fleet.standing}, fleet.settings)


def _sum(fleet: RegionRunner) -> dict[str, object]:
    from epochctl.operations import cost_report

    return cost_report.sum_fields({session.region: session.sized for session in fleet.standing})
