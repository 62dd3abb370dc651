"""`down`: look once, ask, send clients to other regions, destroy every step, and audit the account."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace

from epochctl.command import Command
from epochctl.errors import LeftoversError
from epochctl.operations import teardown_audit, ttl
from epochctl.operations.credential_check import check_whole_run, step_gate
from epochctl.operations.dependencies import Clients, lock_key
from epochctl.operations.presenter import confirm
from epochctl.operations.regions import RegionRunner
from epochctl.operations.run import Run
from epochctl.operations.surviving_regions import SurvivingRegions, surviving_regions
from epochctl.operations.teardown_audit import TeardownReport
from epochctl.outputs import Certificate, DnsRecord, Infrastructure
from epochctl.workflow.outputs import Outputs
from epochctl.workflow.runner import Runner


@dataclass(frozen=True)
class Found:
    """What one look before the teardown found. runner: holds the outputs, and goes on to destroy.

    existing: the names of steps with something to delete; manual_records: records at another DNS provider,
    a line each.
    """

    runner: Runner
    existing: tuple[str, ...]
    manual_records: tuple[str, ...] = ()


def down(regions: RegionRunner, *, ask: bool, expired: bool, delete_state: bool, wait: str | None) -> None:
    """Tear down every region of the command. expired: only regions whose TTL is over."""
    regions.run_parallel(lambda run: run.clients.account_id())
    if expired:
        _skip_unexpired(regions)
    if not regions.healthy:
        return
    with regions.locked("down --delete-state" if delete_state else "down", wait):
        found = regions.run_parallel(look)
        others = surviving_regions(regions)
        if ask:
            _ask(regions, found, others)
        elif others.is_last:
            raise others.refusal
        regions.run_parallel(
            lambda run: tear_down(
                run, found[run.region], delete_state=delete_state, others_serve=bool(others.stay)
            )
        )


def look(run: Run) -> Found:
    """Observe everything once. Raises if something that is not ours would be in the way."""
    gate = step_gate(run, "down")
    runner = run.runner(gate)
    run.steps.infra_up.refuse_foreign(runner.context(run.steps.infra_up.name))  # first: it takes seconds
    seen = runner.survey("looking for what is there").check().seen
    existing = tuple(name for name, one in seen.items() if one.exists)
    check_whole_run(run, gate, "down", lambda: existing)
    own = run.settings.certificate_arn
    return Found(runner, existing, manual_records(run.clients, runner.outputs, own) if existing else ())


def tear_down(run: Run, found: Found, *, delete_state: bool = False, others_serve: bool = False) -> None:
    """Destroy everything and audit the account.

    others_serve: other regions answer, so clients are sent there first and given time to go.
    """
    runner = found.runner
    vpcs = _vpcs(run, runner.outputs)
    drained = _drain(run, found) if others_serve else ()
    removed = runner.down().check().removed
    _audit(run, found, vpcs, (*drained, *removed), delete_state)


def manual_records(clients: Clients, outputs: Outputs, own_certificate: str) -> tuple[str, ...]:
    """Return the records that the user added because no zone of the account holds the name, a line each."""
    records = list[tuple[str, str]]()
    record, certificate = outputs.find(DnsRecord), outputs.find(Certificate)
    if record and not record.managed:
        records.append((record.hostname, record.target))
    if certificate and certificate.arn != own_certificate:
        state = clients.acm.describe(certificate.arn)
        if state and state.record_name and not clients.route53.zone_for(state.record_name):
            records.append((state.record_name.rstrip("."), state.record_value.rstrip(".")))
    return tuple(f"record {name} CNAME {value}: yours, at your DNS provider" for name, value in records)


def _skip_unexpired(regions: RegionRunner) -> None:
    def not_expired(run: Run) -> bool:
        why = ttl.not_expired(run)
        if why:
            run.presenter.result({"expired": False, "why": why}, (f"{why}; nothing was removed",))
        return bool(why)

    regions.skip(region for region, stays in regions.run_parallel(not_expired).items() if stays)


def _ask(regions: RegionRunner, found: dict[str, Found], others: SurvivingRegions) -> None:
    for run in regions.healthy:
        existing = found[run.region].existing
        listed = ", ".join(reversed(existing)) or "nothing that could be seen"
        regions.prompt.show(f"This removes {run.description}: {listed}")
    if others.notice:
        regions.prompt.show(others.notice)
    confirm(regions.prompt, "Go on?", "nothing was removed")


def _drain(run: Run, found: Found) -> tuple[str, ...]:
    """Delete the DNS record and wait until resolvers have forgotten it. Returns what was deleted.

    An earlier run may have been killed after it deleted the record: the wait depends on what still serves.
    """
    if not {run.steps.dns.name, run.steps.deploy.name} & set(found.existing):
        return ()
    removed = found.runner.down("drain", only=(run.steps.dns.name,)).check().removed
    run.steps.dns.wait_for_clients_to_leave(found.runner.context(run.steps.dns.name))
    return removed


def _vpcs(run: Run, outputs: Outputs) -> tuple[str, ...]:
    """Return the environment's VPCs: the audit looks into them even if their tags are gone by then."""
    known = outputs.find(Infrastructure)
    found = run.clients.network.find(run.settings.tags)
    return tuple(dict.fromkeys((*found, *((known.vpc_id,) if known else ()))))


def _audit(
    run: Run, before: Found, vpcs: tuple[str, ...], removed: tuple[str, ...], delete_state: bool
) -> None:
    """Query AWS for what is left. The state is deleted only if nothing is: it could name it."""
    found = teardown_audit.audit(run, before.runner.context("proof"), vpcs)
    if not found.left and delete_state:
        removed += _delete_state(run)
    found = replace(found, removed=removed, kept=(*_kept(run), *before.manual_records))
    path = found.save(run.files)
    run.presenter.close()
    if found.left:
        raise LeftoversError(
            f"{len(found.left)} objects of ours are still there",
            why="\n".join(found.left),
            fix=f"run `{Command('down')}` again; the report is {path}",
        )
    fields = {"removed": found.removed, "kept": found.kept, "foreign": found.foreign, "left": ()}
    run.presenter.result({**fields, "report": str(path)}, (*_lines(found), f"Report: {path}"))


def _delete_state(run: Run) -> tuple[str, ...]:
    account = run.clients.account_id()
    gone = run.clients.state_bucket.delete_if_unused(account, lock_key(run.settings, run.region))
    shutil.rmtree(run.files, ignore_errors=True)
    return (*gone, f"files {run.files}")


def _kept(run: Run) -> tuple[str, ...]:
    settings, bucket, account = run.settings, run.clients.state_bucket, run.clients.account_id()
    state = f"state bucket {bucket.name(account)}: terraform's history (--delete-state removes it)"
    return (
        *((state,) if bucket.exists(account) else ()),
        *((f"certificate {settings.certificate_arn}: yours",) if settings.certificate_arn else ()),
    )


def _lines(found: TeardownReport) -> tuple[str, ...]:
    return (
        "",
        f"Removed ({len(found.removed)}):" if found.removed else "Nothing was there to be removed.",
        *(f"  {line}" for line in found.removed),
        *(["Kept on purpose:", *(f"  {line}" for line in found.kept)] if found.kept else []),
        *(["Not ours, left alone:", *(f"  {line}" for line in found.foreign)] if found.foreign else []),
        "Nothing of ours is left.",
    )
