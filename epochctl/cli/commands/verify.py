"""`epochctl verify`: layer by layer from the pods to the https answer; names the first layer that fails.

Of several regions each by itself, then the name that they share.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from epochctl.cli.options import Output, Sandbox

if TYPE_CHECKING:
    from epochctl.operations.regions import RegionRunner
    from epochctl.operations.run import Run
    from epochctl.outputs import Verification
    from epochctl.workflow.runner import Runner

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
def verify(ctx: typer.Context, output: Output = "text", sandbox: Sandbox = False) -> None:
    """Check every layer from the pods to the https answer; of every region, then of the name they share."""
    from epochctl.cli.command_context import open_command

    with open_command(ctx.obj, output=output, title="verify", listed=True) as fleet:
        fleet.each(_show)
        if not fleet.alone:
            shared_name(fleet)


def layers_of(session: Run) -> Verification:
    """Every layer of one region. Raises the first that is not right; NotFoundError where nothing is up."""
    from epochctl.outputs import Verification

    runner = session.runner(read_only=True)
    _refuse_nothing(session, runner)
    return runner.up(only=("verify",), command="verify").check().outputs.get(Verification)


def _refuse_nothing(session: Run, runner: Runner) -> None:
    """Without infrastructure no step is to blame. The state alone is asked: that takes a moment."""
    from epochctl.errors import NotFoundError
    from epochctl.workflow.step import HasCachedOutput

    step = runner.graph.step("infra-up") if "infra-up" in runner.graph.names else None
    if isinstance(step, HasCachedOutput) and step.cached_output(runner.context("infra-up")) is None:
        why = f"the state of {session.settings.full_name} tells of no infrastructure that was finished"
        raise NotFoundError(f"nothing is up in {session.region}", why=why, fix="epochctl up")


def shared_name(fleet: RegionRunner) -> None:
    """Who answers for the host name now, said of all regions together."""
    from epochctl.errors import VerifyError
    from epochctl.steps.verify.shared_hostname import SharedHostname

    try:
        answer = SharedHostname(fleet.settings).ask(fleet.context("name"))
    except VerifyError:
        fleet.show()
        raise
    where = f"from {answer.region or answer.address}"
    fleet.tell({"url": answer.url, "answered": answer.region}, ("", f"{answer.url} answers, {where}."))


def _show(session: Run) -> None:
    verification = layers_of(session)
    lines = [f"{name:<20} {seen}" for name, seen in verification.layers]
    fields: dict[str, object] = {"url": verification.url, "layers": dict(verification.layers)}
    session.presenter.result(fields, (*lines, f"{verification.url} answers."))
