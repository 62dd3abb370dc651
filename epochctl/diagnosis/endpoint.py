"""The layers that a client uses: the DNS record, then those of `verify`, each asked once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from epochctl.command import Command
from epochctl.diagnosis.context import DiagnosisContext
from epochctl.diagnosis.finding import Finding, ok, wrong
from epochctl.errors import EpochctlError
from epochctl.outputs import Certificate, DnsRecord, Infrastructure, Release
from epochctl.steps.verify.layer import Layer
from epochctl.workflow.waiting import Ready

WithinLimit = Callable[[str, Callable[[], Finding]], Finding]

# If one of these fails, the layers after it can still be asked.
INDEPENDENT = ("pods", "target health")


def record(context: DiagnosisContext) -> Finding:
    """Check that the host name's record points to the load balancer."""
    context.outputs.put(_release(context))
    seen = context.observe(context.steps.dns)
    if seen.changes:
        return wrong("DNS record", f"due: {'; '.join(seen.changes)}", Command("up"))
    return ok("DNS record", f"{context.settings.hostname} -> {context.address}")


def client_layers(
    context: DiagnosisContext, broken: set[str], within_limit: WithinLimit
) -> Iterator[Finding]:
    """Ask the layers of `verify` in their order; those after the first that is wrong are unknown.

    broken: names of layers that are wrong already; within_limit: calls one layer and bounds its time.
    """
    if not context.address or context.outputs.find(Certificate) is None:
        needed = "certificate" if context.address else "ingress"
        yield Finding("the way in", "unknown", f"not asked: {needed} first")
        return
    if context.outputs.find(DnsRecord) is None:
        context.outputs.put(DnsRecord(context.settings.hostname, context.address, managed=True))
    _put_cluster_name(context)
    verify, stopped = context.steps.verify, ""
    for layer in verify.layers(context.step_context(verify.name)):
        if layer.name == "pods" and {"cluster", "release", "rollout"} & broken:
            continue  # a layer of the cluster has reported the cause already
        if stopped:
            yield Finding(layer.name, "unknown", f"not asked: {stopped} first")
            continue
        finding = within_limit(layer.name, partial(_probe, layer))
        if finding.state != "ok" and layer.name not in INDEPENDENT:
            stopped = layer.name
        yield finding


def _probe(layer: Layer) -> Finding:
    try:
        answer = layer.probe()
    except EpochctlError as error:
        return wrong(layer.name, f"{error.what}: {error.why}", error.fix or layer.fix)
    if isinstance(answer, Ready):
        return ok(layer.name, answer.value)
    return wrong(layer.name, answer.cause, layer.fix)


def _release(context: DiagnosisContext) -> Release:
    url = f"https://{context.settings.hostname}/"
    return Release(0, context.settings.full_name, "", url, context.address)


def _put_cluster_name(context: DiagnosisContext) -> None:
    """Publish an Infrastructure if there is none. `verify` reads nothing of it but the cluster's name."""
    if context.outputs.find(Infrastructure) is None:
        infrastructure = Infrastructure(
            region=context.region,
            account_id="",
            vpc_id="",
            public_subnet_ids=(),
            private_subnet_ids=(),
            cluster_name=context.settings.full_name,
            cluster_version="",
            node_group_name="",
            node_architecture="",
            oidc_provider_arn="",
            repository_url="",
            repository_name="",
            lb_controller_role_arn="",
            lb_controller_policy_arn="",
        )
        context.outputs.put(infrastructure)
