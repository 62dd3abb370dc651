"""The layers outside the cluster: who we are, what ran last, lock, certificate, infrastructure, cluster."""

from __future__ import annotations

import time

from epochctl.aws.eks import Eks
from epochctl.diagnosis.case import DiagnosisContext
from epochctl.diagnosis.finding import Finding, absent, ok, wrong
from epochctl.workflow import run_history

SOME = 3  # of a list


def credentials(case: DiagnosisContext) -> Finding:
    """Somebody is signed in."""
    return ok("credentials", case.aws.caller_arn())


def last_run(case: DiagnosisContext) -> Finding:
    """How the last command that did something ended, in its own words."""
    run = next((run for run in run_history.read(case.journal) if run.worked or run.ok is None), None)
    if run is None:
        return Finding("last run", "note", "none from this directory")
    told = f"{run.command} of {run.when:%Y-%m-%d %H:%M} UTC by {run.who}: {run.ending}"
    failures = [f"{one.step}: {one.what}" + (f": {one.why}" if one.why else "") for one in run.failures]
    return Finding("last run", "ok" if run.ok else "note", "\n".join([told, *failures]))


def lock(case: DiagnosisContext) -> Finding:
    """Nobody is at work on it, and no dead run has left its lock behind."""
    run, terraforms = case.holder(), case.step("infra-up").lock_holder()
    if run is not None and not run.gone:
        return Finding("lock", "note", run.described(time.time()), "wait for it: what follows may change")
    if run is not None:
        cause = f"a run that is gone has left it: {run.line}"
        return Finding("lock", "note", cause, "epochctl up takes it over; epochctl unlock removes it")
    if terraforms is not None:
        cause = (
            f"terraform's state is locked by {terraforms.who} since {terraforms.when}, and no run is at work"
        )
        return wrong("lock", cause, "epochctl unlock")
    return ok("lock", "free")


def certificate(case: DiagnosisContext) -> Finding:
    """Issued, and its validation record still there."""
    step = case.step("acm-cert")
    state, seen = step.status(case.context("acm-cert")), case.observe("acm-cert")
    if state is None:
        return absent("certificate", f"none has been requested for {case.settings.hostname}")
    if state.status == "PENDING_VALIDATION":
        return wrong("certificate", f"pending: {step.why_pending(state)}", "epochctl cert wait")
    if seen.output is None:
        return wrong("certificate", f"{state.arn} is {state.status}", "epochctl cert request")
    if seen.changes:  # it serves; ACM will not be able to renew it
        return Finding("certificate", "note", "; ".join(seen.changes), "epochctl up")
    return ok("certificate", f"issued, {state.arn}")


def infrastructure(case: DiagnosisContext) -> Finding:
    """terraform's state and the world agree about what there is."""
    place = case.step("infra-up").state_drift()
    if not place.known and not place.lost:
        return absent("infrastructure", "nothing has been made yet")
    if place.gone:
        return wrong("infrastructure", f"gone from the account: {_some(place.gone)}", "epochctl up")
    if place.lost:
        cause = f"made by a run that was interrupted, and not in terraform's state: {_some(place.lost)}"
        return wrong("infrastructure", cause, "epochctl up")
    if place.infrastructure is None:
        return wrong("infrastructure", "the last `up` did not get to its end", "epochctl up")
    case.outputs.put(place.infrastructure)
    return ok("infrastructure", f"{len(place.known)} objects, {place.infrastructure.vpc_id}")


def cluster(case: DiagnosisContext) -> Finding:
    """Active, and its API server answers us."""
    from epochctl.kube import Kube

    name, eks = case.settings.full_name, Eks(case.aws)
    access = eks.describe(name)
    if access is None:
        return absent("cluster", f"there is no cluster {name} in {case.region}")
    if access.status != "ACTIVE" or not access.endpoint:
        return wrong("cluster", f"{name} is {access.status}", "epochctl up")
    kube = Kube(access, lambda: eks.token(name).value.get_secret_value())
    if not kube.is_ready():
        return wrong("cluster", f"{name} is up but not ready", "wait; AWS runs its control plane")
    case.kube = kube
    return ok("cluster", f"{name}, Kubernetes {access.version}, answers")


def nodes(case: DiagnosisContext) -> Finding:
    """The node group has no complaint, and every node takes pods."""
    assert case.kube is not None
    groups, found = Eks(case.aws).node_groups(case.settings.full_name), case.kube.nodes()
    issues = [f"node group {group.name}: {issue}" for group in groups for issue in group.issues]
    ill = [f"{node.name}: {node.why}" for node in found if node.why or not node.ready]
    if issues or ill or not found:
        status = [f"node group {group.name} is {group.status}" for group in groups]
        causes = issues + ill or status or ["there is no node group"]
        return wrong("nodes", "; ".join(causes[:SOME]), "epochctl up")
    return ok("nodes", f"{len(found)} ready")


def _some(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - SOME} more" if len(names) > SOME else ""
    return ", ".join(names[:SOME]) + more
