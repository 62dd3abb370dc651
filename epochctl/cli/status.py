"""`epochctl status`: one screen. What each step sees now, and what the pods and targets say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from epochctl.cli.options import Output, Sandbox

if TYPE_CHECKING:
    from epochctl.cli.session import Session
    from epochctl.workflow.runner import Result

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
def status(ctx: typer.Context, output: Output = "text", sandbox: Sandbox = False) -> None:
    """Show what is there: URL, certificate, release, pods, targets."""
    from epochctl.cli.opening import opened

    with opened(ctx.obj, output=output, title="status") as fleet:
        fleet.each(_show)


def _show(session: Session) -> None:
    from epochctl.cli import lifetime

    session.aws.account_id()
    seen = session.runner(looking=True).survey().check()
    facts = {**_facts(session, seen), **lifetime.facts(session), **_pods(session), **_targets(session)}
    due = [f"{name}: {line}" for name, one in seen.seen.items() for line in one.changes]
    if not any(one.exists for one in seen.seen.values()):
        facts |= _nothing(session)
    lines = [f"{name:<14} {value}" for name, value in facts.items()]
    lines += ["", "Due:", *(f"  {line}" for line in due), "Next: epochctl up"] if due else []
    session.presenter.result({**facts, "due": due}, tuple(lines))


def _facts(session: Session, seen: Result) -> dict[str, object]:
    from epochctl import outputs

    find = seen.outputs.find
    certificate, infra = find(outputs.Certificate), find(outputs.Infrastructure)
    controller, release = find(outputs.LoadBalancerController), find(outputs.Release)
    record = find(outputs.DnsRecord)
    due = "dns" in seen.seen and seen.seen["dns"].changes
    none = "not there"
    return {
        "url": release.url if release else f"https://{session.settings.hostname}/ ({none})",
        "certificate": f"issued, {certificate.arn}" if certificate else _waiting(seen, "acm_cert"),
        "cluster": f"{infra.cluster_name}, Kubernetes {infra.cluster_version}" if infra else none,
        "controller": controller.version if controller else none,
        "release": f"revision {release.revision} in {release.namespace}" if release else none,
        "digest": release.digest if release else none,
        "load balancer": release.load_balancer if release else none,
        "name": f"{record.hostname} -> {record.target}" if record and not due else none,
    }


def _nothing(session: Session) -> dict[str, object]:
    """No step sees anything: then AWS itself is asked, as at the end of `down`."""
    from epochctl.cli import proof

    left, _ = proof.look(session)
    return {"left over": _column(list(left))}


def _waiting(seen: Result, step: str) -> str:
    changes = seen.seen[step].changes if step in seen.seen else ()
    return changes[-1] if changes else "not there"


def _pods(session: Session) -> dict[str, object]:
    """What runs, a line each; nothing where the cluster does not answer."""
    from epochctl.cli.cluster import connected
    from epochctl.errors import EpochctlError

    try:
        kube = connected(session.aws, session.settings.full_name)
        pods = kube.pods(session.settings.full_name)
    except EpochctlError as error:
        return {"pods": error.what}
    lines = [
        f"{pod.name} {'ready' if pod.ready else pod.reason or pod.phase}, {pod.address or 'no address'}"
        + ("" if pod.gates_ok else ", not yet in service at the load balancer")
        for pod in pods
    ]
    return {"pods": _column(lines)}


def _targets(session: Session) -> dict[str, object]:
    """What the load balancer thinks of them."""
    from epochctl.clients.elbv2 import Elbv2

    elbv2 = Elbv2(session.aws)
    groups = elbv2.target_groups(session.settings.full_name)
    targets = [target for group in groups for target in elbv2.target_health(group.arn)]
    return {
        "targets": _column(
            [f"{one.address}:{one.port} {one.state} {one.description}".rstrip() for one in targets]
        )
    }


def _column(lines: list[str]) -> str:
    return "\n               ".join(lines) or "none"
