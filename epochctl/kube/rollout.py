"""A Deployment watched until its latest revision runs, or until the one cause why it will not is certain.

Knows no step; the caller says which class of error a certain cause is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from epochctl.errors import EpochctlError
from epochctl.kube import DeploymentState, Kube, PodState, Trouble, pull_errors
from epochctl.workflow.waiting import Clock, Pending, Ready

Pods = tuple[PodState, ...]

CREATION, CREATION_PATIENCE = "creation", 50.0
UNHEALTHY = "unhealthy"


@dataclass
class TroubleTimers:
    """How long each pod's trouble of each kind has been seen. Transient ones go away before their patience
    ends, and what one pod got over does not count against the next.
    """

    clock: Clock
    lenience: float = 0.0  # seconds more than each trouble asks for itself
    seen: dict[tuple[str, str], float] = field(default_factory=dict)

    def exhausted(self, trouble: Trouble, pod: str = "") -> bool:
        """Whether this trouble has been seen long enough to be taken for final. pod: "" for the whole."""
        now = self.clock.now()
        return now - self.seen.setdefault((trouble.kind, pod), now) >= trouble.patience + self.lenience

    def forget(self, kind: str) -> None:
        """It has gone away: should it come again, it is given its time again."""
        self.seen = {key: since for key, since in self.seen.items() if key[0] != kind}


@dataclass
class Rollout:
    """Probe for waiting.py. fail makes the error of a certain cause, from the trouble and its evidence.

    gate says what keeps the readiness gates of pods that run closed, where somebody knows.
    """

    kube: Kube
    namespace: str
    name: str
    selector: str
    clock: Clock
    fail: Callable[[Trouble, str], EpochctlError]
    lenience: float = 0.0
    gate: Callable[[Pods], Trouble | None] = lambda pods: None
    patience: TroubleTimers = field(init=False)

    def __post_init__(self) -> None:
        self.patience = TroubleTimers(self.clock, self.lenience)

    def probe(self) -> Ready[Pods] | Pending:
        """Ready with the pods of the latest revision. Raises the caller's error once a cause is certain."""
        state = self.kube.deployment(self.namespace, self.name)
        if state is None or not state.observed:
            return Pending(f"deployment {self.name} has not been seen by the cluster's controllers yet")
        if state.failure:
            self._judge(Trouble("replicas", f"no pod can be made: {state.failure}", 10), None)
            return Pending(state.failure)
        every = self.kube.pods(self.namespace, self.selector)
        pods = self._latest(state, every)
        for pod in pods:
            if pod.trouble:
                self._judge_pod(pod, pod.trouble, every)
                return Pending(pod.trouble.message)
        if state.complete and len(pods) == state.desired and all(pod.ready for pod in pods):
            return Ready(pods)
        return Pending(self._in_the_making(pods) or self._gated(pods) or progress(state, pods))

    def _judge_pod(self, pod: PodState, trouble: Trouble, every: Pods) -> None:
        """An older pod that is on its way out makes room: until it is gone, no room is no verdict."""
        if trouble.kind == "unschedulable" and any(other.terminating for other in every):
            self.patience.forget(trouble.kind)
        else:
            self._judge(trouble, pod)

    def _gated(self, pods: Pods) -> str:
        """What keeps a gate closed, as whoever holds it says; "" where nothing is known."""
        gated = tuple(pod for pod in pods if pod.containers_ready and not pod.gates_ok)
        trouble = self.gate(gated) if gated else None
        if trouble is None or trouble.kind != UNHEALTHY:
            self.patience.forget(UNHEALTHY)  # another pod's, which has become healthy meanwhile
        if trouble is None:
            return ""
        if trouble.kind == UNHEALTHY:
            self._judge(trouble, gated[0])
        return f"{gated[0].name} runs; its readiness gate waits: {trouble.message}"

    def _latest(self, state: DeploymentState, pods: Pods) -> Pods:
        mark = self.kube.template_hash(self.namespace, self.selector, state.revision)
        return tuple(pod for pod in pods if mark and pod.template_hash == mark and not pod.terminating)

    def _in_the_making(self, pods: Pods) -> str:
        """What its node does about a pod that has not begun; "" where there is none or nothing is known.

        Kubernetes itself says ContainersNotReady however long it fails. A failure counts as long as nothing
        newer has happened: the usual one or two of a node that has just joined are followed by Pulling.
        """
        seen = [
            (pod, event)
            for pod in pods
            if pod.creating and (event := self.kube.latest_event(self.namespace, pod.name)) is not None
        ]
        for pod, event in seen:
            if event.warning:
                message = f"the pod cannot be made: pod {pod.name}: {event}"
                patience = max(CREATION_PATIENCE, pull_errors.grace_period(f"{pod.message} {event.message}"))
                self._judge(Trouble(CREATION, message, patience), pod)
                return shortened(message)
        self.patience.forget(CREATION)
        return shortened(f"pod {seen[0][0].name}: {seen[0][1]}") if seen else ""

    def _judge(self, trouble: Trouble, pod: PodState | None) -> None:
        if self.patience.exhausted(trouble, pod.name if pod else ""):
            raise self.fail(trouble, evidence(self.kube, self.namespace, trouble, pod))


def evidence(kube: Kube, namespace: str, trouble: Trouble, pod: PodState | None) -> str:
    """The cause, warnings about the pod, and the last lines it wrote (before the crash, where it crashed)."""
    if pod is None:
        return trouble.message
    lines = [
        trouble.message,
        *(f"  {line}" for line in kube.events(namespace, pod.name, kind="Pod", limit=3)),
    ]
    crashed = pod.restarts > 0 or trouble.previous_log
    written = kube.logs(namespace, pod.name, tail=10, previous=True) if crashed else ()
    if not (written and trouble.previous_log):
        written += kube.logs(namespace, pod.name, tail=10)
    return "\n".join([*lines, *(f"  | {line}" for line in written[-15:] or ("(it wrote nothing)",))])


def shortened(text: str, limit: int = 300) -> str:
    """A container runtime's words run to a thousand characters; the failure shows them in full."""
    return text if len(text) <= limit else text[: limit - 4] + " ..."


def progress(state: DeploymentState, pods: Pods) -> str:
    """How far a rollout is, in words."""
    gated = [pod for pod in pods if pod.containers_ready and not pod.gates_ok]
    if gated:
        return f"{gated[0].name} runs; the load balancer's health check has not passed yet (readiness gate)"
    waiting = next((pod for pod in pods if not pod.ready), None)
    counts = f"{state.available} of {state.desired} available, {state.updated} of the new revision"
    if waiting is None:
        old = state.total - state.updated
        return counts + (f", {old} of the old one still there" if old > 0 else "")
    detail = f"{waiting.reason} {waiting.message}".strip() or waiting.phase
    return f"{counts}; pod {waiting.name}: {detail}"
