"""Watch a Deployment until its latest revision runs, or until the cause of its failure is certain."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from epochctl.errors import EpochctlError
from epochctl.kube import DeploymentState, Kube, PodState, Trouble
from epochctl.kube.pods import pull_grace
from epochctl.workflow.waiting import Clock, Pending, Ready, SystemClock

Pods = tuple[PodState, ...]

CREATION, CREATION_GRACE = "creation", 50.0
UNHEALTHY = "unhealthy"


@dataclass
class TroubleTimers:
    """How long each pod's trouble of each kind has been seen.

    A transient one is gone before its grace ends, and does not count against the next pod.
    """

    clock: Clock
    extra: float = 0.0  # seconds beside each trouble's own grace
    seen: dict[tuple[str, str], float] = field(default_factory=dict)

    def is_final(self, trouble: Trouble, pod: str = "") -> bool:
        """Return whether this trouble has been seen for its grace. pod: "" for the whole Deployment."""
        now = self.clock.now()
        return now - self.seen.setdefault((trouble.kind, pod), now) >= trouble.grace + self.extra

    def forget(self, kind: str) -> None:
        """Start anew for this kind, which has gone away."""
        self.seen = {key: since for key, since in self.seen.items() if key[0] != kind}


@dataclass
class Rollout:
    """A probe for `wait_for`. fail: returns the error of a certain cause, from the trouble and its evidence.

    gate: returns what keeps the readiness gates of running pods closed, or None. extra_grace: in seconds.
    """

    kube: Kube
    namespace: str
    name: str
    selector: str
    clock: Clock
    fail: Callable[[Trouble, str], EpochctlError]
    extra_grace: float = 0.0
    gate: Callable[[Pods], Trouble | None] = lambda pods: None
    timers: TroubleTimers = field(init=False)

    def __post_init__(self) -> None:
        self.timers = TroubleTimers(self.clock, self.extra_grace)

    def probe(self) -> Ready[Pods] | Pending:
        """Return Ready with the pods of the latest revision, or Pending. Raises what `fail` returns."""
        state = self.kube.deployment(self.namespace, self.name)
        if state is None or not state.observed:
            return Pending(f"deployment {self.name} has not been seen by the cluster's controllers yet")
        if state.failure:
            self._check(Trouble("replicas", f"no pod can be made: {state.failure}", 10), None)
            return Pending(state.failure)
        every = self.kube.pods(self.namespace, self.selector)
        pods = self._latest(state, every)
        for pod in pods:
            if pod.trouble:
                self._check_pod(pod, pod.trouble, every)
                return Pending(pod.trouble.message)
        if state.complete and len(pods) == state.desired and all(pod.ready for pod in pods):
            return Ready(pods)
        return Pending(self._creation(pods) or self._closed_gate(pods) or progress(state, pods))

    def _check_pod(self, pod: PodState, trouble: Trouble, every: Pods) -> None:
        """Raise if it is final. While an older pod terminates, a lack of room is not: it will make room."""
        if trouble.kind == "unschedulable" and any(other.terminating for other in every):
            self.timers.forget(trouble.kind)
        else:
            self._check(trouble, pod)

    def _closed_gate(self, pods: Pods) -> str:
        """Return what keeps a readiness gate closed, "" where nothing is known."""
        gated = tuple(pod for pod in pods if pod.containers_ready and not pod.gates_ok)
        trouble = self.gate(gated) if gated else None
        if trouble is None or trouble.kind != UNHEALTHY:
            self.timers.forget(UNHEALTHY)  # another pod's, which has become healthy meanwhile
        if trouble is None:
            return ""
        if trouble.kind == UNHEALTHY:
            self._check(trouble, gated[0])
        return f"{gated[0].name} runs; its readiness gate waits: {trouble.message}"

    def _latest(self, state: DeploymentState, pods: Pods) -> Pods:
        mark = self.kube.template_hash(self.namespace, self.selector, state.revision)
        return tuple(pod for pod in pods if mark and pod.template_hash == mark and not pod.terminating)

    def _creation(self, pods: Pods) -> str:
        """Return what its node does about a pod that has not started; "" where nothing is known.

        Kubernetes itself says ContainersNotReady however long it fails. A failure counts as long as nothing
        newer has happened: the usual one or two of a node that has just joined are followed by Pulling.
        """
        seen = [
            (pod, event)
            for pod in pods
            if pod.is_creating and (event := self.kube.latest_event(self.namespace, pod.name)) is not None
        ]
        for pod, event in seen:
            if event.warning:
                message = f"the pod cannot be made: pod {pod.name}: {event}"
                grace = max(CREATION_GRACE, pull_grace(f"{pod.message} {event.message}"))
                self._check(Trouble(CREATION, message, grace), pod)
                return shorten(message)
        self.timers.forget(CREATION)
        return shorten(f"pod {seen[0][0].name}: {seen[0][1]}") if seen else ""

    def _check(self, trouble: Trouble, pod: PodState | None) -> None:
        if self.timers.is_final(trouble, pod.name if pod else ""):
            raise self.fail(trouble, evidence(self.kube, self.namespace, trouble, pod))


def evidence(kube: Kube, namespace: str, trouble: Trouble, pod: PodState | None) -> str:
    """Return the cause, warnings about the pod, and the last lines it wrote (before a crash, if any)."""
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


def shorten(text: str, limit: int = 300) -> str:
    """Return the text cut to the limit. A container runtime's message may have a thousand characters."""
    return text if len(text) <= limit else text[: limit - 4] + " ..."


def progress(state: DeploymentState, pods: Pods) -> str:
    """Return how far a rollout is, in words."""
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


class _FinalError(EpochctlError):
    """What a rollout would have ended with."""


def why_unhealthy(kube: Kube, namespace: str, name: str, selector: str) -> str:
    """Return why a Deployment does not run, with events and log lines; "" where it runs. Does not wait."""
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
        fail=lambda _, found: _FinalError(name, why=found),
        extra_grace=float("-inf"),  # every trouble is final at once
    )
    try:
        answer = rollout.probe()
    except _FinalError as final:
        return final.why
    return "" if isinstance(answer, Ready) else answer.cause
