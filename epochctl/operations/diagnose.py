"""`diagnose`: checks every layer in order and names the first cause; reads everything, changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict

from epochctl.diagnosis import DiagnosisContext, Finding
from epochctl.operations.regions import RegionRunner
from epochctl.operations.run import Run
from epochctl.operations.run_lock import shared_holder

MARKS = {"ok": "ok", "note": "note", "absent": "ABSENT", "wrong": "WRONG", "unknown": "?"}

Show = Callable[[str], None]


def diagnose(regions: RegionRunner, show: Show | None) -> None:
    """Diagnose every region. show: prints each finding of a single region as it comes; None: at the end."""
    live = show if regions.is_single else None
    regions.run_parallel(lambda run: _diagnose(run, live))


def _diagnose(run: Run, show: Show | None) -> None:
    found: list[Finding] = []
    for finding in run.dependencies.diagnose(_context(run)):
        found.append(finding)
        if show is not None:
            show("\n".join(_lines(finding)))
    first = next((one for one in found if one.is_cause), None)
    fields: dict[str, object] = {
        "findings": [asdict(one) for one in found],
        "first": asdict(first) if first else None,
    }
    before = () if show is not None else tuple(line for one in found for line in _lines(one))
    run.presenter.result(fields, (*before, "", *summary(found)))


def _context(run: Run) -> DiagnosisContext:
    runner = run.runner()
    return DiagnosisContext(
        settings=run.sized,
        region=run.region,
        aws=run.clients.aws,
        eks=run.clients.eks,
        elbv2=run.clients.elbv2,
        steps=run.steps,
        step_context=runner.context,
        outputs=runner.outputs,
        journal=run.journal,
        lock_holder=lambda: shared_holder(run),
    )


def _lines(finding: Finding) -> tuple[str, ...]:
    """Return one layer: its state, the cause, and the next command if there is something to do."""
    first, *rest = finding.cause.splitlines() or [""]
    margin = " " * 27
    shown = [f"{finding.layer:<18} {MARKS[finding.state]:<7} {first}", *(margin + line for line in rest)]
    return (*shown, *([f"{margin}next: {finding.next}"] if finding.next else []))


def summary(found: Sequence[Finding]) -> tuple[str, ...]:
    """Return the first cause and how many more there are."""
    causes = [one for one in found if one.is_cause]
    unknown = [one.layer for one in found if one.state == "unknown" and not one.cause.startswith("not asked")]
    if not causes:
        if unknown:
            return (f"No cause was found; no answer from: {', '.join(unknown)}",)
        return ("Nothing is wrong.",)
    first = causes[0]
    more = f" ({len(causes) - 1} more above)" if len(causes) > 1 else ""
    head = f"First cause: {first.layer}: {first.cause.splitlines()[0]}{more}"
    return (head, f"Next: {first.next}") if first.next else (head,)
