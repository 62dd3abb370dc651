"""One region taken down: out of the DNS first where others serve on, then all of it, and the proof.

Asks nobody anything. The order of the steps is the workflow's.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from epochctl.operations.run import Run
    from epochctl.operations.teardown_audit import TeardownReport
    from epochctl.workflow.runner import Runner


@dataclass(frozen=True)
class Found:
    """What a look before the removal has seen. there: the steps with something to remove; by_hand: records at
    another DNS provider that lead to it, a line each."""

    runner: Runner
    there: tuple[str, ...]
    by_hand: tuple[str, ...] = ()


def look(session: Run) -> Found:
    """Raises where something of a stranger would be in the way."""
    from epochctl.operations.credential_check import budgeted

    runner = session.runner(budgeted(session, "down"))
    _refuse_strangers(runner)  # first: it takes seconds
    seen = runner.survey("looking for what is there").check().seen
    there = tuple(name for name in runner.graph.names if name in seen and seen[name].exists)
    return Found(runner, there, _by_hand(session, runner) if there else ())


def remove(session: Run, found: Found, *, delete_state: bool = False, others_serve: bool = False) -> None:
    """All of it. others_serve: the clients are sent to another region first, and given time to go there."""
    runner = found.runner
    vpcs = _vpcs(session, runner)
    drained = _drain(runner, found.there) if others_serve else ()
    removed = runner.down().check().removed
    _prove(session, found, vpcs, (*drained, *removed), delete_state)


def _drain(runner: Runner, there: tuple[str, ...]) -> tuple[str, ...]:
    """Out of the DNS, then as long as an answer is remembered. What was removed.

    A run that was killed meanwhile has taken the record and not waited: the wait goes by what still serves.
    """
    from epochctl.steps.dns.propagation import wait_out_the_ttl

    if not {"dns", "deploy"} & set(there):
        return ()
    removed = runner.down("drain", only=("dns",)).check().removed
    cause = "resolvers may still send clients here"
    wait_out_the_ttl(runner.context("dns"), "clients to go elsewhere", cause)
    return removed


def _delete_state(session: Run) -> tuple[str, ...]:
    import shutil

    from epochctl.aws.state_bucket import StateBucket
    from epochctl.operations.run_lock import key

    gone = StateBucket(session.aws).delete_if_unused(session.aws.account_id(), key(session))
    files = session.settings.state_directory(session.region)
    shutil.rmtree(files, ignore_errors=True)
    return (*gone, f"files {files}")


def _kept(session: Run) -> tuple[str, ...]:
    from epochctl.aws.state_bucket import StateBucket

    settings, bucket, account = session.settings, StateBucket(session.aws), session.aws.account_id()
    state = f"state bucket {bucket.name(account)}: terraform's history (--delete-state removes it)"
    return (
        *((state,) if bucket.exists(account) else ()),
        *((f"certificate {settings.certificate_arn}: yours",) if settings.certificate_arn else ()),
    )


def _refuse_strangers(runner: Runner) -> None:
    """Before anything is removed: a service that was taken down for nothing is down."""
    for step in runner.graph:
        if step.name == "infra-up":
            step.refuse_foreign(runner.context("infra-up"))  # type: ignore[attr-defined]


def _vpcs(session: Run, runner: Runner) -> tuple[str, ...]:
    """What was ours before: looked into afterwards, whatever became of its tags."""
    from epochctl.aws.network import Network
    from epochctl.aws.security_groups import SecurityGroups
    from epochctl.outputs import Infrastructure

    known = runner.outputs.find(Infrastructure)
    found = Network(session.aws, SecurityGroups(session.aws)).find(session.settings.tags)
    return tuple(dict.fromkeys((*found, *((known.vpc_id,) if known else ()))))


def _by_hand(session: Run, runner: Runner) -> tuple[str, ...]:
    """Records that a person added, since no zone of the account holds the name: only they take them out."""
    from epochctl.aws.acm import Acm
    from epochctl.aws.route53 import Route53
    from epochctl.outputs import Certificate, DnsRecord

    find, records = runner.outputs.find, list[tuple[str, str]]()
    record, certificate = find(DnsRecord), find(Certificate)
    if record and not record.managed:
        records.append((record.hostname, record.target))
    if certificate and certificate.arn != session.settings.certificate_arn:
        state = Acm(session.aws).describe(certificate.arn)
        if state and state.record_name and not Route53(session.aws).zone_for(state.record_name):
            records.append((state.record_name.rstrip("."), state.record_value.rstrip(".")))
    return tuple(f"record {name} CNAME {value}: yours, at your DNS provider" for name, value in records)


def _prove(
    session: Run, before: Found, vpcs: tuple[str, ...], removed: tuple[str, ...], delete_state: bool
) -> None:
    """Ask AWS itself, not our own memory; the state goes only when nothing is left that it could name."""
    from epochctl.errors import LeftoversError
    from epochctl.operations import teardown_audit

    found = teardown_audit.audit(session, before.runner.context("proof"), vpcs)
    if not found.left and delete_state:
        removed += _delete_state(session)
    found = replace(found, removed=removed, kept=(*_kept(session), *before.by_hand))
    path = found.save(session.settings.state_directory(session.region))
    session.presenter.close()
    if found.left:
        raise LeftoversError(
            f"{len(found.left)} objects of ours are still there",
            why="\n".join(found.left),
            fix=f"run `epochctl down` again; the report is {path}",
        )
    _report(session, found, path)


def _report(session: Run, found: TeardownReport, path: Path) -> None:
    lines = [
        "",
        f"Removed ({len(found.removed)}):" if found.removed else "Nothing was there to be removed.",
        *(f"  {line}" for line in found.removed),
        *(["Kept on purpose:", *(f"  {line}" for line in found.kept)] if found.kept else []),
        *(["Not ours, left alone:", *(f"  {line}" for line in found.foreign)] if found.foreign else []),
        "Nothing of ours is left.",
        f"Report: {path}",
    ]
    fields = {"removed": found.removed, "kept": found.kept, "foreign": found.foreign, "left": ()}
    session.presenter.result({**fields, "report": str(path)}, tuple(lines))
