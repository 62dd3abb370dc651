"""`up`: plan, ask, and apply every step of every region; then tear down regions that are no longer listed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from epochctl.command import Command
from epochctl.errors import PlanChangedError
from epochctl.operations import cost_report, failover_drill, teardown
from epochctl.operations.credential_check import check_whole_run, step_gate
from epochctl.operations.presenter import confirm
from epochctl.operations.regions import RegionRunner
from epochctl.operations.run import Run
from epochctl.operations.run_lock import locked
from epochctl.outputs import Verification
from epochctl.preflight import preflight_error
from epochctl.workflow.runner import Agreement, Result

Due = Mapping[str, Sequence[str]]  # the changes by step

DELISTED = "is no longer in regions: drained and removed"
QUESTIONS = 5  # how often a changed plan is shown and asked about


@dataclass(frozen=True)
class Plan:
    """What `up` would do in one region. agreement: what a person agrees to; empty for `up --plan`."""

    result: Result
    agreement: Agreement = field(default_factory=dict)

    @property
    def due(self) -> Due:
        """The changes by step."""
        return self.result.due


def show_plan(regions: RegionRunner) -> None:
    """Show what `up` would do and what it costs; change nothing."""
    _prepare(regions)
    plans = regions.run_parallel(lambda run: Plan(run.runner(read_only=True).plan().check()))
    due = any(plan.due for plan in plans.values()) or regions.delisted
    last = f"Nothing was changed. To do it: {Command('up')}" if due else "Nothing to do."
    single = (*_cost(regions), last) if regions.is_single else ()
    for run in regions.healthy:
        changes = {name: list(lines) for name, lines in plans[run.region].due.items()}
        fields: dict[str, object] = {"due": changes, "cost": cost_report.fields(run.sized, run.region)}
        run.presenter.result(fields, (*_lines(changes), *single))
    for run in regions.delisted:
        run.presenter.result({"due": {"down": [DELISTED]}}, (DELISTED,))
    if not regions.is_single:
        cost = cost_report.sum_fields({run.region: run.sized for run in regions.healthy})
        regions.add_summary({"cost": cost}, ("", *_cost(regions), last))


def up(regions: RegionRunner, *, again: str, ask: bool, wait: str | None) -> None:
    """Apply every step of every region, in parallel.

    again: the command as `resume` must type it; ask: show the plan and ask before anything is changed;
    wait: how long to wait for another run, as typed.
    """
    _prepare(regions)
    with regions.locked(again, wait):
        plans = _agreed(regions, regions.healthy) if ask else {}
        failover_drill.repair_before_up(regions)
        urls = _apply(regions, plans)
        if not regions.failures:  # until all others are healthy, these may be all that answers
            regions.run_parallel(partial(_tear_down_delisted, wait=wait), regions.delisted)
    if regions.is_single:
        url = urls[regions.first.region]
        regions.presenter.result({"url": url}, (f"\n{url} answers.", f"Look around: {Command('status')}"))
    elif urls:
        url, where = next(iter(urls.values())), ", ".join(run.region for run in regions.healthy)
        lines = ("", f"{url} answers from {where}.", f"Look around: {Command('status')}")
        regions.add_summary({"url": url}, lines)


def _prepare(regions: RegionRunner) -> None:
    """Raise what preflight finds, before anything is changed, and look for delisted regions."""
    regions.run_parallel(_preflight)
    _find_delisted(regions)


def _find_delisted(regions: RegionRunner) -> None:
    """Add regions that the settings no longer list but whose DNS record still exists."""
    settings = regions.settings
    if not settings.selected_region:
        shares = regions.first.steps.dns.shares()
        regions.add_delisted(share.region for share in shares if share.region not in settings.regions)


def _tear_down_delisted(run: Run, wait: str | None) -> None:
    with locked(run, "down", wait):
        teardown.tear_down(run, teardown.look(run), others_serve=True)


def _preflight(run: Run) -> None:
    results = run.dependencies.preflight(run.settings, run.region, run.clients.aws).run_required()
    for one in results:
        if one.state == "warn":
            run.warn(f"{one.name}: {one.why}")
    refused = preflight_error(results)
    if refused:
        raise refused


def _agreed(
    regions: RegionRunner, runs: tuple[Run, ...], declined: str = "nothing was changed"
) -> dict[str, Plan]:
    """Show the plans of these regions and ask. Returns the plans that were agreed to, by region.

    declined: what is true if the answer is no.
    """
    plans = regions.run_parallel(_plan, runs)
    regions.prompt.show("\n".join((*_all_lines(regions, plans), *_cost(regions))))
    if any(plan.due for plan in plans.values()) or regions.delisted:
        confirm(regions.prompt, f"Make this so: {regions.description}?", declined)
    return plans


def _plan(run: Run) -> Plan:
    result = run.runner().plan().check()
    return Plan(result, result.agreement())


def _apply(regions: RegionRunner, plans: dict[str, Plan]) -> dict[str, str]:
    """Apply the steps; ask again in regions where the plan changed meanwhile. Returns the URL by region."""
    urls: dict[str, str] = {}
    for question in range(1, QUESTIONS + 1):
        runs = tuple(run for run in regions.healthy if run.region not in urls)
        found = regions.run_parallel(partial(_apply_agreed, plans=plans), runs)
        urls |= {region: url for region, url in found.items() if url is not None}
        changed = tuple(run for run in runs if found.get(run.region, "") is None)
        if not changed:
            return urls
        if question < QUESTIONS:
            regions.prompt.show("The account has changed since you agreed to the plan. The plan is now:")
            plans = _agreed(regions, changed, "the new plan was not applied; what was done before it stays")
    raise PlanChangedError(
        f"the plan has changed {QUESTIONS} times while you were asked",
        why="somebody or something else is changing the account",
        fix=f"find out who that is ({Command('history')}, CloudTrail), then: {Command('up')}",
    )


def _apply_agreed(run: Run, plans: Mapping[str, Plan]) -> str | None:
    """Apply every step of one region. Returns the URL that answers; None if the agreed plan has changed."""
    plan = plans.get(run.region)

    def due() -> set[str]:
        seen = (plan.result if plan else run.runner().plan().check()).seen
        return {name for name in run.graph.names if name not in seen or seen[name].changes}

    gate = step_gate(run, "up")
    check_whole_run(run, gate, "up", due)
    result = run.runner(gate).up(agreement=plan.agreement if plan else None)
    if result.plan_changed and run.prompt.is_interactive:
        return None
    return result.check().outputs.get(Verification).url


def _all_lines(regions: RegionRunner, plans: Mapping[str, Plan]) -> tuple[str, ...]:
    if regions.is_single:
        return _lines(plans[regions.first.region].due)
    planned = [
        line
        for region, plan in plans.items()
        for line in (f"{region}:", *(f"  {each}" for each in _lines(plan.due) or ("nothing to do",)))
    ]
    delisted = (f"{run.region}: {DELISTED}" for run in regions.delisted)
    left_out = (f"{region}: left out: {error}" for region, error in regions.failures.items())
    return (*planned, *delisted, *left_out)


def _lines(due: Due) -> tuple[str, ...]:
    """Return every change; the live tree shows only a line a step."""
    return tuple(
        line for name, changes in due.items() for line in (f"{name}:", *(f"  {one}" for one in changes))
    )


def _cost(regions: RegionRunner) -> tuple[str, ...]:
    if regions.is_single:
        return cost_report.lines(regions.first.sized, regions.first.region)
    sized = {run.region: run.sized for run in regions.healthy}
    return cost_report.together(sized, regions.settings)
