"""The layers in their order, each asked once. A layer that needs a broken one is not asked."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from epochctl.diagnosis import account, endpoint, workload
from epochctl.diagnosis.context import DiagnosisContext
from epochctl.diagnosis.endpoint import WithinLimit
from epochctl.diagnosis.finding import Finding
from epochctl.errors import EpochctlError
from epochctl.workflow.parallel import ResultTimeout, call_within

LAYER_TIMEOUT = 20.0  # seconds
TOTAL_TIMEOUT = 60.0  # seconds, for all layers

ClientLayers = Callable[[DiagnosisContext, set[str], WithinLimit], Iterator[Finding]]


@dataclass(frozen=True)
class Layer:
    """One question. needs: the names of layers without which there is nothing to ask."""

    name: str
    ask: Callable[[DiagnosisContext], Finding]
    needs: tuple[str, ...] = ()


CLUSTER, RELEASE = ("credentials", "cluster"), ("credentials", "ingress")
LAYERS = (
    Layer("credentials", account.credentials),
    Layer("last run", account.last_run),
    Layer("lock", account.lock, ("credentials",)),
    Layer("certificate", account.certificate, ("credentials",)),
    Layer("infrastructure", account.infrastructure, ("credentials",)),
    Layer("cluster", account.cluster, ("credentials",)),
    Layer("nodes", account.nodes, CLUSTER),
    Layer("controller", workload.controller_runs, CLUSTER),
    Layer("webhook", workload.webhook, (*CLUSTER, "controller")),
    Layer("release", workload.release, CLUSTER),
    Layer("rollout", workload.rollout, (*CLUSTER, "release")),
    Layer("ingress", workload.ingress, ("credentials",)),
    Layer("DNS record", endpoint.record, RELEASE),
)


def diagnose(
    context: DiagnosisContext,
    layer_timeout: float = LAYER_TIMEOUT,
    total_timeout: float = TOTAL_TIMEOUT,
    *,
    layers: Sequence[Layer] = LAYERS,
    client_layers: ClientLayers = endpoint.client_layers,
) -> Iterator[Finding]:
    """Yield a finding for each layer, in order, as soon as it is known. Timeouts are in seconds."""
    broken: set[str] = set()
    deadline = time.monotonic() + total_timeout

    def within_limit(name: str, ask: Callable[[], Finding]) -> Finding:
        left = deadline - time.monotonic()
        if left <= 0:
            return Finding(name, "unknown", f"not asked: {total_timeout:.0f} s are over")
        return _ask(name, ask, min(layer_timeout, left))

    for layer in layers:
        missing = next((name for name in layer.needs if name in broken), "")
        if missing:
            finding = Finding(layer.name, "unknown", f"not asked: {missing} first")
        else:
            finding = within_limit(layer.name, partial(layer.ask, context))
        if finding.is_cause or finding.state == "unknown":
            broken.add(layer.name)
        yield finding
    yield from client_layers(context, broken, within_limit)


def _ask(name: str, ask: Callable[[], Finding], timeout: float) -> Finding:
    """Return the layer's finding; an error, or no answer within `timeout` seconds, becomes one."""
    try:
        return call_within(timeout, ask)
    except ResultTimeout:
        return Finding(name, "unknown", f"no answer within {timeout:.0f} s")
    except EpochctlError as error:
        return Finding(name, "wrong", ": ".join(part for part in (error.what, error.why) if part), error.fix)
    except Exception as error:  # a defect in one layer must not hide the others
        return Finding(name, "unknown", f"unexpected {type(error).__name__}: {error}")
