"""`lb-controller status | uninstall`: the AWS Load Balancer Controller without the other steps."""

from __future__ import annotations

from epochctl.command import Command
from epochctl.errors import NotFoundError
from epochctl.operations.presenter import confirm
from epochctl.operations.regions import RegionRunner
from epochctl.operations.run import Run
from epochctl.workflow.runner import Runner

UNINSTALL = "lb-controller uninstall"


def status(regions: RegionRunner) -> None:
    """Show the controller of every region, and what `install` would change."""
    regions.run_parallel(_status)


def uninstall(regions: RegionRunner, *, ask: bool) -> None:
    """Remove the controller of every region, and its identity."""
    with regions.locked(UNINSTALL):
        runners = regions.run_parallel(_survey)
        if ask:
            question = f"Remove the load balancer controller of {regions.description}?"
            confirm(regions.prompt, question, "nothing was removed")
        regions.run_parallel(lambda run: _uninstall(run, runners[run.region]))


def _status(run: Run) -> None:
    run.clients.account_id()  # without credentials nothing is visible, whatever exists
    name = run.steps.lb_controller.name
    result = run.runner(read_only=True).survey("lb-controller status", only=(name,)).check()
    seen = result.seen.get(name)
    if seen is None:
        raise NotFoundError("there is no cluster yet", fix=Command("infra", "up"))
    is_ready = seen.output is not None and not seen.changes
    state = f"version {seen.output.version}, ready" if is_ready and seen.output else "not ready"
    lines = (state, *(f"due: {change}" for change in seen.changes))
    run.presenter.result({"ready": is_ready, "due": seen.changes}, lines)


def _survey(run: Run) -> Runner:
    runner = run.runner()
    runner.survey("looking", only=(run.steps.lb_controller.name,)).check()
    return runner


def _uninstall(run: Run, runner: Runner) -> None:
    removed = runner.down(UNINSTALL, only=(run.steps.lb_controller.name,)).check().removed
    run.presenter.result({"removed": removed}, removed or ("Nothing was there.",))
