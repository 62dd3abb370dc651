"""`doctor`: everything that would prevent `up`, before anything is created."""

from __future__ import annotations

from epochctl.errors import PreflightError
from epochctl.operations.regions import RegionRunner
from epochctl.operations.run import Run
from epochctl.preflight import CheckResult


def doctor(regions: RegionRunner) -> None:
    """Show the result of every check. Raises PreflightError if one fails."""
    regions.run_parallel(_doctor)


def _doctor(run: Run) -> None:
    results = run.dependencies.preflight(run.settings, run.region, run.clients.aws).run_all()
    failing = [one for one in results if one.state == "fail"]
    fields = [{"fact": one.name, "state": one.state, "why": one.why, "fix": one.fix} for one in results]
    run.presenter.result({"facts": fields}, tuple(map(_line, results)))
    if failing:
        raise PreflightError(
            f"{len(failing)} of {len(results)} facts would stop `up`",
            why=", ".join(one.name for one in failing),
            fix="each line above that begins with fail says what to do",
        )


def _line(one: CheckResult) -> str:
    fix = f"; {one.fix}" if one.fix and one.state != "ok" else ""
    return f"{one.state:<5} {one.name:<20} {one.why}{fix}"
