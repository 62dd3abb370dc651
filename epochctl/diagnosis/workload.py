"""The layers inside the cluster: controller, webhook, release, rollout and ingress."""

from __future__ import annotations

from epochctl.command import Command
from epochctl.diagnosis.context import DiagnosisContext
from epochctl.diagnosis.finding import Finding, absent, ok, wrong
from epochctl.kube import lb_controller
from epochctl.kube.rollout import why_unhealthy
from epochctl.steps.deploy import chart

INSTALL = Command("lb-controller", "install")


def controller_runs(context: DiagnosisContext) -> Finding:
    """Check that the load balancer controller's pods run."""
    assert context.kube is not None
    if context.kube.deployment(lb_controller.NAMESPACE, lb_controller.NAME) is None:
        return absent("controller", "the load balancer controller is not installed", INSTALL)
    cause = why_unhealthy(context.kube, lb_controller.NAMESPACE, lb_controller.NAME, lb_controller.SELECTOR)
    return wrong("controller", cause, INSTALL) if cause else ok("controller", "runs")


def webhook(context: DiagnosisContext) -> Finding:
    """Check that the controller's webhook admits an Ingress."""
    assert context.kube is not None
    cause = lb_controller.admission_error(context.kube)
    return wrong("webhook", cause, INSTALL) if cause else ok("webhook", "admits an Ingress")


def release(context: DiagnosisContext) -> Finding:
    """Check that Helm has deployed the release, and that each of its objects exists."""
    assert context.kube is not None
    releases = context.steps.deploy.releases()
    states = releases.states() if releases else ()
    if not states:
        return absent("release", f"nothing is deployed in {context.settings.full_name}", Command("deploy"))
    latest = states[0]
    if latest.status != "deployed":
        cause = f"revision {latest.revision} is {latest.status}: a helm that was killed, or is at work"
        return wrong("release", cause, Command("deploy"))
    missing = context.kube.missing(latest.manifests, context.settings.full_name)
    if missing:
        return wrong("release", f"missing: {', '.join(missing)}", Command("deploy"))
    return ok("release", f"revision {latest.revision}, {latest.description or latest.chart}")


def rollout(context: DiagnosisContext) -> Finding:
    """Check that the release's pods run; if not, report why, with events and their last log lines."""
    assert context.kube is not None
    name = context.settings.name
    live = context.kube.deployment(context.settings.full_name, name)
    if live is not None and live.desired == context.settings.service.replicas == 0:
        return ok("rollout", "no pods: a standby that sleeps")
    cause = why_unhealthy(context.kube, context.settings.full_name, name, chart.selector(name))
    return (
        wrong("rollout", cause, f"{Command('logs')}; {Command('rollback')}")
        if cause
        else ok("rollout", "every pod of the release runs")
    )


def ingress(context: DiagnosisContext) -> Finding:
    """Find the load balancer's address: from the Ingress or, if the cluster does not answer, from AWS."""
    address, cause = context.steps.deploy.address(context.kube) if context.kube else ("", "")
    if not address and context.kube is None:
        found = context.elbv2.load_balancers(context.settings.full_name)
        address = found[0].dns_name if found else ""
    if not address:
        return absent("ingress", cause or "there is none", Command("deploy"))
    context.address = address
    return ok("ingress", address)
