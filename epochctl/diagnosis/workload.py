"""The layers inside the cluster: controller, webhook, release, pods, and the load balancer they ask for."""

from __future__ import annotations

from epochctl.aws.elbv2 import Elbv2
from epochctl.diagnosis.case import DiagnosisContext
from epochctl.diagnosis.finding import Finding, absent, ok, wrong
from epochctl.kube import lb_controller
from epochctl.kube.deployment_health import why_unhealthy

INSTALL = "epochctl lb-controller install"


def controller_runs(case: DiagnosisContext) -> Finding:
    """The load balancer controller's pods."""
    assert case.kube is not None
    if case.kube.deployment(lb_controller.NAMESPACE, lb_controller.NAME) is None:
        return absent("controller", "the load balancer controller is not installed", INSTALL)
    cause = why_unhealthy(case.kube, lb_controller.NAMESPACE, lb_controller.NAME, lb_controller.SELECTOR)
    return wrong("controller", cause, INSTALL) if cause else ok("controller", "runs")


def webhook(case: DiagnosisContext) -> Finding:
    """Its webhook admits an Ingress."""
    assert case.kube is not None
    cause = lb_controller.admission_error(case.kube)
    return wrong("webhook", cause, INSTALL) if cause else ok("webhook", "admits an Ingress")


def release(case: DiagnosisContext) -> Finding:
    """helm's record, and that every object of it is there."""
    assert case.kube is not None
    states = case.step("deploy").releases().states()
    if not states:
        return absent("release", f"nothing is deployed in {case.settings.full_name}", "epochctl deploy")
    latest = states[0]
    if latest.status != "deployed":
        cause = f"revision {latest.revision} is {latest.status}: a helm that was killed, or is at work"
        return wrong("release", cause, "epochctl deploy")
    missing = case.kube.missing(latest.manifests, case.settings.full_name)
    if missing:
        return wrong("release", f"missing: {', '.join(missing)}", "epochctl deploy")
    return ok("release", f"revision {latest.revision}, {latest.description or latest.chart}")


def rollout(case: DiagnosisContext) -> Finding:
    """They run: else why not, with events and the last lines they wrote."""
    from epochctl.steps.deploy import chart

    assert case.kube is not None
    name = case.settings.name
    live = case.kube.deployment(case.settings.full_name, name)
    if live is not None and live.desired == case.settings.service.replicas == 0:
        return ok("rollout", "no pods: a standby that sleeps")
    cause = why_unhealthy(case.kube, case.settings.full_name, name, chart.selector(name))
    return (
        wrong("rollout", cause, "epochctl logs; epochctl rollback")
        if cause
        else ok("rollout", "every pod of the release runs")
    )


def ingress(case: DiagnosisContext) -> Finding:
    """It exists: as the Ingress says or, with a dead cluster, as AWS does."""
    step = case.step("deploy")
    address, cause = step.address(case.kube) if case.kube else ("", "")
    if not address and case.kube is None:
        found = Elbv2(case.aws).load_balancers(case.settings.full_name)
        address = found[0].dns_name if found else ""
    if not address:
        return absent("ingress", cause or "there is none", "epochctl deploy")
    case.address = address
    return ok("ingress", address)
