"""`status`: what each step observes, the pods and targets, the certificate, the cost, and the lock."""

from __future__ import annotations

import os
import sys
import time
from datetime import UTC, datetime

from epochctl.command import Command
from epochctl.durations import format_duration
from epochctl.errors import EpochctlError
from epochctl.operations import status_screen, teardown_audit, ttl
from epochctl.operations.regions import RegionRunner
from epochctl.operations.run import Run
from epochctl.operations.run_lock import shared_holder
from epochctl.operations.status_screen import Fact, Screen
from epochctl.outputs import Certificate, DnsRecord, Infrastructure, LoadBalancerController, Release
from epochctl.workflow.runner import Result

NONE = "not there"


def status(regions: RegionRunner) -> None:
    """Show every region."""
    regions.run_parallel(_status)


def _status(run: Run) -> None:
    run.clients.account_id()
    seen = run.runner(read_only=True).survey().check()
    facts = {**_release(run, seen), **_pods_and_targets(run), **_network(run, seen), **ttl.facts(run)}
    facts["lock"] = _lock(run)
    due = [f"{name}: {line}" for name, one in seen.seen.items() for line in one.changes]
    if not any(one.exists for one in seen.seen.values()):
        facts |= _leftovers(run)
    screen = _screen()
    if screen is not None and run.among_others:
        lines = status_screen.short(facts, due, screen)
    else:
        lines = status_screen.lines(facts, due, screen)
    run.presenter.result({**facts, "due": due}, lines)


def _release(run: Run, seen: Result) -> dict[str, Fact]:
    certificate, release = seen.outputs.find(Certificate), seen.outputs.find(Release)
    changes = seen.due.get("acm-cert", ())
    pending = changes[-1] if changes else NONE
    return {
        "url": release.url if release else f"https://{run.settings.hostname}/ ({NONE})",
        "certificate": _validity(run, certificate.arn) if certificate else pending,
        "release": f"revision {release.revision} in {release.namespace}" if release else NONE,
        "image": release.digest if release else NONE,
    }


def _network(run: Run, seen: Result) -> dict[str, Fact]:
    find = seen.outputs.find
    infra, controller = find(Infrastructure), find(LoadBalancerController)
    release, record = find(Release), find(DnsRecord)
    cluster = f"Kubernetes {infra.cluster_version}" if infra else f"cluster {NONE}"
    version = f"load balancer controller {controller.version if controller else NONE}"
    return {
        "region": f"{run.region}: {cluster}, {version}",
        "load balancer": release.load_balancer if release else NONE,
        "name": f"{record.hostname} leads there" if record and not seen.due.get("dns") else NONE,
    }


def _validity(run: Run, arn: str) -> str:
    """Return how long the certificate is valid. ACM renews its own certificates 60 days before the end."""
    state = run.clients.acm.describe(arn)
    if state is None or state.not_after is None:
        return f"issued, {arn}"
    left = (state.not_after - datetime.now(UTC)).days
    return f"issued, {left} days left (until {state.not_after.astimezone(UTC):%Y-%m-%d})"


def _leftovers(run: Run) -> dict[str, Fact]:
    """No step observes anything: query AWS itself, as the audit of `down` does."""
    left, _ = teardown_audit.look(run)
    return {"left over": (f"{len(left)} things", *left) if left else "none"}


def _pods_and_targets(run: Run) -> dict[str, Fact]:
    """Return pods and targets; for the pods only the reason if the cluster does not answer."""
    name, elbv2 = run.settings.full_name, run.clients.elbv2
    targets = [one for group in elbv2.target_groups(name) for one in elbv2.target_health(group.arn)]
    try:
        pods = run.clients.kube(name).pods(name)
    except EpochctlError as error:
        return {"pods": error.what, "targets": status_screen.targets(targets)}
    addresses = [pod.address for pod in pods]
    return {
        "pods": status_screen.pods(pods, {one.address: one.state for one in targets}),
        "targets": status_screen.targets(targets, addresses),
    }


def _lock(run: Run) -> str:
    holder = shared_holder(run)
    if holder is None:
        return "free"
    if holder.is_dead:
        return f"left by a run that is gone: {holder.summary}; {Command('up')} takes it over"
    return f"{holder.summary}, since {format_duration(time.time() - holder.since)}"


def _screen() -> Screen | None:
    """Return the terminal's size; None if stdout is no terminal: then nothing is left out."""
    if not sys.stdout.isatty():
        return None
    try:
        size = os.get_terminal_size(sys.stdout.fileno())
    except (OSError, ValueError):
        return Screen(80, 24)
    return Screen(size.columns or 80, size.lines or 24)
