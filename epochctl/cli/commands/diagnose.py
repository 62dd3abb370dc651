"""`epochctl diagnose`: from what can be seen to what is the cause, layer by layer; the first cause first."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import typer

from epochctl.cli.options import Output, Sandbox

if TYPE_CHECKING:
    from epochctl.diagnosis import DiagnosisContext, Finding
    from epochctl.operations.run import Run

app = typer.Typer(rich_markup_mode=None, add_completion=False)

MARKS = {"ok": "ok", "note": "note", "absent": "ABSENT", "wrong": "WRONG", "unknown": "?"}


@app.command()
def diagnose(ctx: typer.Context, output: Output = "text", sandbox: Sandbox = False) -> None:
    """Find out what is wrong, why, and what to do next.

    Reads everything, changes nothing, waits for nothing: a layer that does not answer in 20 s is said to be
    unknown, and after 60 s nothing more is asked. Ends with 0 whatever it finds; for a check with an exit
    code: epochctl verify.
    """
    from epochctl.cli.command_context import open_command

    with open_command(ctx.obj, output=output, title="diagnose") as fleet:
        fleet.each(lambda session: _find_out(session, live=output == "text" and fleet.alone))


def _find_out(session: Run, *, live: bool) -> None:
    """live: each finding as it comes; of several regions all of one stand together, at the end."""
    from epochctl import diagnosis

    found: list[Finding] = []
    for finding in diagnosis.diagnose(_case(session)):
        found.append(finding)
        if live:
            typer.echo(session.advice("\n".join(lines(finding))))
    first = next((one for one in found if one.is_cause), None)
    fields: dict[str, object] = {
        "findings": [asdict(one) for one in found],
        "first": asdict(first) if first else None,
    }
    before = () if live else tuple(line for one in found for line in lines(one))
    session.presenter.result(fields, (*before, "", *summary(found)))


def _case(session: Run) -> DiagnosisContext:
    from epochctl.aws.eks import Eks
    from epochctl.aws.elbv2 import Elbv2
    from epochctl.diagnosis import DiagnosisContext
    from epochctl.locks.holder import Holder, read
    from epochctl.operations.run_lock import shared
    from epochctl.steps.catalog import make_steps

    def holder() -> Holder | None:
        found = shared(session).read()
        return read(found.text) if found else None

    runner = session.runner()
    return DiagnosisContext(
        settings=session.sized,
        region=session.region,
        aws=session.aws,
        eks=Eks(session.aws),
        elbv2=Elbv2(session.aws),
        steps=make_steps(session.sized, session.region, session.aws),
        step_context=runner.context,
        outputs=runner.outputs,
        journal=session.settings.state_directory(session.region) / "journal.jsonl",
        lock_holder=holder,
    )


def lines(finding: Finding) -> tuple[str, ...]:
    """One layer: state, cause, and the next command where there is something to do."""
    first, *rest = finding.cause.splitlines() or [""]
    margin = " " * 27
    shown = [f"{finding.layer:<18} {MARKS[finding.state]:<7} {first}", *(margin + line for line in rest)]
    return (*shown, *([f"{margin}next: {finding.next}"] if finding.next else []))


def summary(found: list[Finding]) -> tuple[str, ...]:
    """The first cause, and how many more there are."""
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
