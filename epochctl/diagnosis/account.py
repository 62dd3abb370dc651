"""The layers below the workload: credentials, lock, certificate, infrastructure, cluster and nodes."""

from __future__ import annotations

import time

from epochctl.command import Command
from epochctl.diagnosis.context import DiagnosisContext
from epochctl.diagnosis.finding import Finding, absent, ok, wrong
from epochctl.kube.access import connect
from epochctl.workflow import run_history

LISTED = 3  # items of a list that are named


def credentials(context: DiagnosisContext) -> Finding:
    """Check that AWS accepts the credentials."""
    return ok("credentials", context.aws.caller_arn())


def last_run(context: DiagnosisContext) -> Finding:
    """Report how the last command that changed something ended."""
    run = next((run for run in run_history.read(context.journal) if run.worked or run.ok is None), None)
    if run is None:
        return Finding("last run", "note", "none from this directory")
    ending = f"{run.command} of {run.when:%Y-%m-%d %H:%M} UTC by {run.who}: {run.ending}"
    failures = [f"{one.step}: {one.what}" + (f": {one.why}" if one.why else "") for one in run.failures]
    return Finding("last run", "ok" if run.ok else "note", "\n".join([ending, *failures]))


def lock(context: DiagnosisContext) -> Finding:
    """Check that no run is at work, and that no dead run has left its lock."""
    run, state_lock = context.lock_holder(), context.steps.infra_up.lock_holder()
    if run is not None and not run.is_dead:
        return Finding("lock", "note", run.describe(time.time()), "wait for it: what follows may change")
    if run is not None:
        cause = f"a run that is gone has left it: {run.summary}"
        return Finding(
            "lock", "note", cause, f"{Command('up')} takes it over; {Command('unlock')} removes it"
        )
    if state_lock is not None:
        cause = (
            f"terraform's state is locked by {state_lock.who} since {state_lock.when}, and no run is at work"
        )
        return wrong("lock", cause, Command("unlock"))
    return ok("lock", "free")


def certificate(context: DiagnosisContext) -> Finding:
    """Check that the certificate is issued, and that its validation record still exists."""
    step = context.steps.acm_cert
    state, seen = step.status(context.step_context(step.name)), context.observe(step)
    if state is None:
        return absent("certificate", f"none has been requested for {context.settings.hostname}")
    if state.status == "PENDING_VALIDATION":
        return wrong("certificate", f"pending: {step.why_pending(state)}", Command("cert", "wait"))
    if seen.output is None:
        return wrong("certificate", f"{state.arn} is {state.status}", Command("cert", "request"))
    if seen.changes:  # it serves; ACM will not be able to renew it
        return Finding("certificate", "note", "; ".join(seen.changes), Command("up"))
    return ok("certificate", f"issued, {state.arn}")


def infrastructure(context: DiagnosisContext) -> Finding:
    """Check that Terraform's state and the account agree about what exists."""
    drift = context.steps.infra_up.state_drift()
    if not drift.in_state and not drift.untracked:
        return absent("infrastructure", "nothing has been made yet")
    if drift.missing:
        return wrong("infrastructure", f"gone from the account: {_first(drift.missing)}", Command("up"))
    if drift.untracked:
        cause = f"made by a run that was interrupted, and not in terraform's state: {_first(drift.untracked)}"
        return wrong("infrastructure", cause, Command("up"))
    if drift.infrastructure is None:
        return wrong("infrastructure", "the last `up` did not get to its end", Command("up"))
    context.outputs.put(drift.infrastructure)
    return ok("infrastructure", f"{len(drift.in_state)} objects, {drift.infrastructure.vpc_id}")


def cluster(context: DiagnosisContext) -> Finding:
    """Check that the cluster is active, and that its API server answers."""
    name, eks = context.settings.full_name, context.eks
    access = eks.describe(name)
    if access is None:
        return absent("cluster", f"there is no cluster {name} in {context.region}")
    if access.status != "ACTIVE" or not access.endpoint:
        return wrong("cluster", f"{name} is {access.status}", Command("up"))
    kube = connect(eks, access)
    if not kube.is_ready():
        return wrong("cluster", f"{name} is up but not ready", "wait; AWS runs its control plane")
    context.kube = kube
    return ok("cluster", f"{name}, Kubernetes {access.version}, answers")


def nodes(context: DiagnosisContext) -> Finding:
    """Check that EKS reports no issue of a node group, and that every node is ready."""
    assert context.kube is not None
    groups, found = context.eks.node_groups(context.settings.full_name), context.kube.nodes()
    issues = [f"node group {group.name}: {issue}" for group in groups for issue in group.issues]
    unready = [f"{node.name}: {node.why}" for node in found if node.why or not node.ready]
    if issues or unready or not found:
        status = [f"node group {group.name} is {group.status}" for group in groups]
        causes = issues + unready or status or ["there is no node group"]
        return wrong("nodes", "; ".join(causes[:LISTED]), Command("up"))
    return ok("nodes", f"{len(found)} ready")


def _first(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - LISTED} more" if len(names) > LISTED else ""
    return ", ".join(names[:LISTED]) + more
