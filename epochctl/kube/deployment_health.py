"""One look at a Deployment: why it does not run as it should, with the evidence a failing rollout would give.

Knows no step. The reasons are rollout's; here nobody waits until they are certain.
"""

from __future__ import annotations

from epochctl.errors import EpochctlError
from epochctl.kube import Kube
from epochctl.kube.rollout import Rollout
from epochctl.workflow.waiting import Ready, SystemClock


class _Certain(EpochctlError):
    """What a rollout would have ended with."""


def why_unhealthy(kube: Kube, namespace: str, name: str, selector: str) -> str:
    """The cause, its events and last log lines; "" where it runs."""
    state = kube.deployment(namespace, name)
    if state is None:
        return f"there is no Deployment {name}"
    if state.desired == 0:
        return f"Deployment {name} is scaled to 0"
    rollout = Rollout(
        kube,
        namespace,
        name,
        selector,
        SystemClock(),
        fail=lambda *told: _Certain(name, why=told[-1]),
        lenience=float("-inf"),  # every trouble has lasted long enough
    )
    try:
        answer = rollout.probe()
    except _Certain as certain:
        return certain.why
    return "" if isinstance(answer, Ready) else answer.cause
