"""The layers that a client meets: the record, then verify's own, each asked once. Nothing is asked twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from epochctl.diagnosis.case import DiagnosisContext
from epochctl.diagnosis.finding import Finding, ok, wrong
from epochctl.errors import EpochctlError
from epochctl.outputs import Certificate, DnsRecord, Infrastructure, Release
from epochctl.workflow.waiting import Pending, Ready

Bounded = Callable[[str, Callable[[], Finding]], Finding]

BESIDE = ("pods", "target health")  # the load balancer can be asked whatever they say


def record(case: DiagnosisContext) -> Finding:
    """The host name leads to the load balancer."""
    case.outputs.put(_release(case))
    seen = case.observe("dns")
    if seen.changes:
        return wrong("DNS record", f"due: {'; '.join(seen.changes)}", "epochctl up")
    return ok("DNS record", f"{case.settings.hostname} -> {case.address}")


def walk(case: DiagnosisContext, broken: set[str], bounded: Bounded) -> Iterator[Finding]:
    """verify's layers in their order; after the first on the client's way that is wrong the rest cannot be
    judged."""
    if not case.address or case.outputs.find(Certificate) is None:
        needed = "certificate" if case.address else "ingress"
        yield Finding("the way in", "unknown", f"not asked: {needed} first")
        return
    if case.outputs.find(DnsRecord) is None:
        case.outputs.put(DnsRecord(case.settings.hostname, case.address, managed=True))
    _stand_in(case)
    stopped = ""
    for layer in case.step("verify").layers(case.context("verify")):
        if layer.name == "pods" and {"cluster", "release", "rollout"} & broken:
            continue  # told already, with more
        if stopped:
            yield Finding(layer.name, "unknown", f"not asked: {stopped} first")
            continue
        finding = bounded(layer.name, lambda layer=layer: _probed(layer.name, layer.probe, layer.fix))  # type: ignore[misc]
        if finding.state != "ok" and layer.name not in BESIDE:
            stopped = layer.name
        yield finding


def _probed(name: str, probe: Callable[[], Ready[str] | Pending], fix: str) -> Finding:
    try:
        answer = probe()
    except EpochctlError as error:
        return wrong(name, f"{error.what}: {error.why}", error.fix or fix)
    return ok(name, answer.value) if isinstance(answer, Ready) else wrong(name, answer.cause, fix)


def _release(case: DiagnosisContext) -> Release:
    url = f"https://{case.settings.hostname}/"
    return Release(0, case.settings.full_name, "", url, case.address)


def _stand_in(case: DiagnosisContext) -> None:
    """verify reads the cluster's name alone of it."""
    if case.outputs.find(Infrastructure) is None:
        named = dict.fromkeys(Infrastructure.__dataclass_fields__, "")
        case.outputs.put(Infrastructure(**{**named, "cluster_name": case.settings.full_name}))  # type: ignore[arg-type]
