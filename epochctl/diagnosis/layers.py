"""The layers in their order, each asked once and for so long, and all of them for so long; one that needs a
broken one is not asked.

Knows how to ask, not what.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from epochctl.diagnosis import account, endpoint, workload
from epochctl.diagnosis.case import DiagnosisContext
from epochctl.diagnosis.finding import Finding
from epochctl.errors import EpochctlError
from epochctl.workflow.parallel import ResultTimeout, call_within

LIMIT = 20.0  # seconds a layer
TOTAL = 60.0  # seconds for all of them


@dataclass(frozen=True)
class Layer:
    """needs: layers without which there is nothing to ask."""

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


def examine(case: DiagnosisContext, limit: float = LIMIT, total: float = TOTAL) -> Iterator[Finding]:
    """A finding a layer, in order, as each is known."""
    broken: set[str] = set()
    ends = time.monotonic() + total

    def within(name: str, ask: Callable[[], Finding]) -> Finding:
        left = ends - time.monotonic()
        if left <= 0:
            return Finding(name, "unknown", f"not asked: {total:.0f} s are over")
        return bounded(name, ask, min(limit, left))

    for layer in LAYERS:
        finding = _asked(layer, case, broken, within)
        if finding.guilty or finding.state == "unknown":
            broken.add(layer.name)
        yield finding
    yield from endpoint.walk(case, broken, within)


def _asked(layer: Layer, case: DiagnosisContext, broken: set[str], within: endpoint.Bounded) -> Finding:
    missing = next((name for name in layer.needs if name in broken), "")
    if missing:
        return Finding(layer.name, "unknown", f"not asked: {missing} first")
    return within(layer.name, lambda: layer.ask(case))


def bounded(name: str, ask: Callable[[], Finding], limit: float) -> Finding:
    """The answer, the error in its words, or that there was none in time. What still asks ends with us."""
    try:
        return call_within(limit, ask)
    except ResultTimeout:
        return Finding(name, "unknown", f"no answer within {limit:.0f} s")
    except EpochctlError as error:
        return Finding(name, "wrong", ": ".join(part for part in (error.what, error.why) if part), error.fix)
    except Exception as error:
        return Finding(name, "unknown", f"unexpected {type(error).__name__}: {error}")
