"""`cert request | status | wait`: the ACM certificate of the host name."""

from __future__ import annotations

from epochctl.aws.acm import CertificateState
from epochctl.command import Command
from epochctl.errors import NotFoundError
from epochctl.operations.regions import RegionRunner
from epochctl.operations.run import Run
from epochctl.workflow.step import Context


def request(regions: RegionRunner) -> None:
    """Request the certificate of every region, or find it, and show the record to add."""
    regions.run_parallel(_request)


def status(regions: RegionRunner) -> None:
    """Show the certificate of every region and, while it is pending, why."""
    regions.run_parallel(_status)


def wait(regions: RegionRunner) -> None:
    """Wait until the certificate of every region is issued."""
    regions.run_parallel(_wait)


def _request(run: Run) -> None:
    state = run.steps.acm_cert.request(_context(run))
    following = Command("up") if state.status == "ISSUED" else Command("cert", "wait")
    run.presenter.result(_fields(state), (*_lines(state), f"Next: {following}"))


def _status(run: Run) -> None:
    step = run.steps.acm_cert
    state = step.status(_context(run))
    if state is None:
        raise NotFoundError("no certificate has been requested", fix=Command("cert", "request"))
    why = step.why_pending(state) if state.status == "PENDING_VALIDATION" else ""
    run.presenter.result({**_fields(state), "why": why}, (*_lines(state), *((why,) if why else ())))


def _wait(run: Run) -> None:
    arn = run.steps.acm_cert.wait(_context(run)).arn
    run.presenter.result({"arn": arn, "status": "ISSUED"}, (f"{arn} is issued.",))


def _context(run: Run) -> Context:
    return run.runner().context(run.steps.acm_cert.name)


def _fields(state: CertificateState) -> dict[str, object]:
    record = {"name": state.record_name, "type": "CNAME", "value": state.record_value}
    return {"arn": state.arn, "status": state.status, "record": record}


def _lines(state: CertificateState) -> tuple[str, ...]:
    until = f", until {state.not_after:%Y-%m-%d}" if state.not_after else ""
    lines = (f"certificate  {state.arn}", f"status       {state.status}{until}")
    if not state.record_name:
        return lines
    # ACM needs the record to issue the certificate and, afterwards, to renew it.
    task = (
        "keep this, ACM renews by it" if state.status == "ISSUED" else "add this to the zone of the host name"
    )
    return (*lines, f"record       {task}:", f"  {state.record_name} CNAME {state.record_value}")
