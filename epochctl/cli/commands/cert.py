"""`epochctl cert request | status | wait`: the ACM certificate of the host name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from epochctl.cli.options import Output, Sandbox

if TYPE_CHECKING:
    from epochctl.aws.acm import CertificateState
    from epochctl.operations.run import Run

app = typer.Typer(
    rich_markup_mode=None,
    add_completion=False,
    no_args_is_help=True,
    help="The ACM certificate of the host name.",
)


@app.command()
def request(ctx: typer.Context, output: Output = "text", sandbox: Sandbox = False) -> None:
    """Request the certificate, or find it; print the record to add. Never makes a second one."""
    from epochctl.cli.command_context import open_command

    with open_command(ctx.obj, output=output, title="cert request", listed=True) as fleet:
        fleet.each(_request)


@app.command()
def status(ctx: typer.Context, output: Output = "text", sandbox: Sandbox = False) -> None:
    """Show its state and, while it is pending, why."""
    from epochctl.cli.command_context import open_command

    with open_command(ctx.obj, output=output, title="cert status") as fleet:
        fleet.each(_status)


@app.command()
def wait(ctx: typer.Context, output: Output = "text", sandbox: Sandbox = False) -> None:
    """Wait until it is issued. Stopping loses nothing."""
    from epochctl.cli.command_context import open_command

    with open_command(ctx.obj, output=output, title="cert wait", listed=True) as fleet:
        fleet.each(_wait)


def _request(session: Run) -> None:
    step, context = _step(session)
    state = step.request(context)
    following = "epochctl up" if state.status == "ISSUED" else "epochctl cert wait"
    session.presenter.result(_fields(state), (*_lines(state), f"Next: {following}"))


def _status(session: Run) -> None:
    from epochctl.errors import NotFoundError

    step, context = _step(session)
    state = step.status(context)
    if state is None:
        raise NotFoundError("no certificate has been requested", fix="epochctl cert request")
    why = step.why_pending(state) if state.status == "PENDING_VALIDATION" else ""
    session.presenter.result({**_fields(state), "why": why}, (*_lines(state), *((why,) if why else ())))


def _wait(session: Run) -> None:
    step, context = _step(session)
    certificate = step.wait(context)
    session.presenter.result({"arn": certificate.arn, "status": "ISSUED"}, (f"{certificate.arn} is issued.",))


def _step(session: Run) -> tuple[Any, Any]:
    runner = session.runner()
    return runner.graph.step("acm-cert"), runner.context("acm-cert")


def _fields(state: CertificateState) -> dict[str, object]:
    record = {"name": state.record_name, "type": "CNAME", "value": state.record_value}
    return {"arn": state.arn, "status": state.status, "record": record}


def _lines(state: CertificateState) -> tuple[str, ...]:
    until = f", until {state.not_after:%Y-%m-%d}" if state.not_after else ""
    lines = (f"certificate  {state.arn}", f"status       {state.status}{until}")
    if not state.record_name:
        return lines
    # While it is pending the record is asked for; afterwards it must stay, or ACM cannot renew.
    task = (
        "keep this, ACM renews by it" if state.status == "ISSUED" else "add this to the zone of the host name"
    )
    return (*lines, f"record       {task}:", f"  {state.record_name} CNAME {state.record_value}")
