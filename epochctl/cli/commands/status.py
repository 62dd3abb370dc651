"""`epochctl status`: one screen. What each step sees now, what the pods and targets say, who is at work."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from epochctl.cli.options import Output, Sandbox

if TYPE_CHECKING:
    from epochctl.operations.run import Run
    from epochctl.operations.status_screen import Fact, Screen
    from epochctl.workflow.runner import Result

app = typer.Typer(rich_markup_mode=None, add_completion=False)

NONE = "not there"


@app.command()
def status(ctx: typer.Context, output: Output = "text", sandbox: Sandbox = False) -> None:
    """Show what is there, on one screen: URL, certificate, image, pods, cost, lock."""
    from epochctl.cli.command_context import open_command

    with open_command(ctx.obj, output=output, title="status") as fleet:
        fleet.each(_show)


def _show(session: Run) -> None:
    from epochctl.operations import status_screen, ttl

    session.aws.account_id()
    seen = session.runner(read_only=True).survey().check()
    facts = {
        **_facts(session, seen),
        **_running(session),
        **_places(session, seen),
        **ttl.facts(session),
    }
    facts["lock"] = _lock(session)
    due = [f"{name}: {line}" for name, one in seen.seen.items() for line in one.changes]
    if not any(one.exists for one in seen.seen.values()):
        facts |= _nothing(session)
    screen = _screen()
    if screen is not None and session.among_others:
        lines = status_screen.short(facts, due, screen)
    else:
        lines = status_screen.lines(facts, due, screen)
    session.presenter.result({**facts, "due": due}, lines)


def _facts(session: Run, seen: Result) -> dict[str, Fact]:
    """What answers where, and what runs there."""
    from epochctl import outputs

    certificate, release = seen.outputs.find(outputs.Certificate), seen.outputs.find(outputs.Release)
    return {
        "url": release.url if release else f"https://{session.settings.hostname}/ ({NONE})",
        "certificate": _validity(session, certificate.arn) if certificate else _waiting(seen, "acm-cert"),
        "release": f"revision {release.revision} in {release.namespace}" if release else NONE,
        "image": release.digest if release else NONE,
    }


def _places(session: Run, seen: Result) -> dict[str, Fact]:
    """Where it runs, and which name leads there."""
    from epochctl import outputs

    find = seen.outputs.find
    infra, controller = find(outputs.Infrastructure), find(outputs.LoadBalancerController)
    release, record = find(outputs.Release), find(outputs.DnsRecord)
    due = "dns" in seen.seen and seen.seen["dns"].changes
    cluster = f"Kubernetes {infra.cluster_version}" if infra else f"cluster {NONE}"
    balanced = f"load balancer controller {controller.version if controller else NONE}"
    return {
        "region": f"{session.region}: {cluster}, {balanced}",
        "load balancer": release.load_balancer if release else NONE,
        "name": f"{record.hostname} leads there" if record and not due else NONE,
    }


def _validity(session: Run, arn: str) -> str:
    """How long it is valid; ACM renews its own by itself, two months before."""
    from datetime import UTC, datetime

    from epochctl.aws.acm import Acm

    state = Acm(session.aws).describe(arn)
    if state is None or state.not_after is None:
        return f"issued, {arn}"
    left = (state.not_after - datetime.now(UTC)).days
    return f"issued, {left} days left (until {state.not_after.astimezone(UTC):%Y-%m-%d})"


def _nothing(session: Run) -> dict[str, Fact]:
    """No step sees anything: then AWS itself is asked, as at the end of `down`."""
    from epochctl.operations import teardown_audit

    left, _ = teardown_audit.look(session)
    return {"left over": (f"{len(left)} things", *left) if left else "none"}


def _waiting(seen: Result, step: str) -> str:
    changes = seen.seen[step].changes if step in seen.seen else ()
    return changes[-1] if changes else NONE


def _running(session: Run) -> dict[str, Fact]:
    """Pods and targets; only the reason where the cluster does not answer."""
    from epochctl.aws.elbv2 import Elbv2
    from epochctl.cli.cluster import connected
    from epochctl.errors import EpochctlError
    from epochctl.operations import status_screen

    name, elbv2 = session.settings.full_name, Elbv2(session.aws)
    targets = [one for group in elbv2.target_groups(name) for one in elbv2.target_health(group.arn)]
    try:
        pods = connected(session.aws, name).pods(name)
    except EpochctlError as error:
        return {"pods": error.what, "targets": status_screen.targets(targets)}
    addresses = [pod.address for pod in pods]
    return {
        "pods": status_screen.pods(pods, {one.address: one.state for one in targets}),
        "targets": status_screen.targets(targets, addresses),
    }


def _lock(session: Run) -> str:
    """Who is at work on it now."""
    import time

    from epochctl.locks.holder import parse_holder
    from epochctl.operations.run_lock import shared
    from epochctl.operations.ttl import span

    found = shared(session).read()
    holder = parse_holder(found.text) if found else None
    if holder is None:
        return "free"
    if holder.is_dead:
        return f"left by a run that is gone: {holder.summary}; epochctl up takes it over"
    return f"{holder.summary}, since {span(time.time() - holder.since)}"


def _screen() -> Screen | None:
    """The terminal; None where there is none: then nothing is left out."""
    import os
    import sys

    from epochctl.operations.status_screen import Screen

    if not sys.stdout.isatty():
        return None
    try:
        size = os.get_terminal_size(sys.stdout.fileno())
    except (OSError, ValueError):
        return Screen(80, 24)
    return Screen(size.columns or 80, size.lines or 24)
