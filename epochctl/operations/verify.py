"""`verify`: every layer from the pods to the HTTPS answer; with several regions also the shared host name."""

from __future__ import annotations

from epochctl.command import Command
from epochctl.errors import NotFoundError, VerifyError
from epochctl.operations.regions import RegionRunner
from epochctl.operations.run import Run
from epochctl.outputs import Verification


def verify(regions: RegionRunner) -> None:
    """Check every region, then the host name that they share."""
    regions.run_parallel(_verify)
    if not regions.is_single:
        _verify_shared_hostname(regions)


def layers_of(run: Run) -> Verification:
    """Check every layer of one region. Raises the first that fails; NotFoundError if nothing is up."""
    runner = run.runner(read_only=True)
    # The state alone shows that nothing is up, in one request: then no step is to blame.
    infra_up = run.steps.infra_up
    if infra_up.cached_output(runner.context(infra_up.name)) is None:
        why = f"the state of {run.settings.full_name} tells of no infrastructure that was finished"
        raise NotFoundError(f"nothing is up in {run.region}", why=why, fix=Command("up"))
    return runner.up(only=(run.steps.verify.name,), command="verify").check().outputs.get(Verification)


def _verify(run: Run) -> None:
    verification = layers_of(run)
    lines = [f"{name:<20} {seen}" for name, seen in verification.layers]
    fields: dict[str, object] = {"url": verification.url, "layers": dict(verification.layers)}
    run.presenter.result(fields, (*lines, f"{verification.url} answers."))


def _verify_shared_hostname(regions: RegionRunner) -> None:
    try:
        answer = regions.first.dependencies.shared_hostname(regions.settings).wait_for_answer(
            regions.context("name")
        )
    except VerifyError:
        regions.show_regions()
        raise
    where = f"from {answer.region or answer.address}"
    fields = {"url": answer.url, "answered": answer.region}
    regions.add_summary(fields, ("", f"{answer.url} answers, {where}."))
