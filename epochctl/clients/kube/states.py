"""What runs in a cluster, as frozen facts from the API server's JSON; what is wrong with a pod.

Pure: knows no network.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

Json = Mapping[str, Any]

REVISION = "deployment.kubernetes.io/revision"
IMAGE_FAILURES = {"ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "ImageInspectError"}
CONFIGURATION_FAILURES = {"CreateContainerConfigError", "CreateContainerError", "RunContainerError"}


@dataclass(frozen=True)
class Trouble:
    """Why a pod does not become ready. patience: seconds to see it before it is taken for final."""

    kind: str
    message: str
    patience: float
    previous_log: bool = False


@dataclass(frozen=True)
class PodState:
    """A pod. reason and message: the API server's words for its state; restarts: of all its containers.

    image_digests: sha256:... of what its containers run; images: the references they asked for.
    started: its containers run, past their startup probe; gates_ok: no readiness gate is open.
    """

    name: str
    phase: str
    ready: bool
    reason: str
    message: str
    restarts: int
    image_digests: tuple[str, ...]
    images: tuple[str, ...]
    node: str
    address: str
    gates: int
    gates_ok: bool
    started: bool
    containers_ready: bool
    terminating: bool
    template_hash: str
    age: float

    def runs(self, digest: str) -> bool:
        """Whether every container runs that digest. A reference pinned to it counts too: a node that has the
        same content under two digests reports either one."""
        pinned = bool(self.images) and all(image.endswith("@" + digest) for image in self.images)
        return pinned or (bool(self.image_digests) and all(seen == digest for seen in self.image_digests))

    @property
    def creating(self) -> bool:
        """Whether a node has it, and none of its containers has begun: only events tell how far it is."""
        return self.phase == "Pending" and bool(self.node) and not self.terminating and self.trouble is None

    @property
    def trouble(self) -> Trouble | None:
        """What is wrong, or None: ready, or still on its way."""
        if self.ready or self.terminating or self.phase == "Succeeded":
            return None
        detail = f"pod {self.name}: {self.reason}" + (f": {self.message}" if self.message else "")
        if self.reason in IMAGE_FAILURES:
            return Trouble("image", f"the image cannot be pulled: {detail}", 0)
        if self.reason == "CrashLoopBackOff":
            return Trouble("crash", f"the container keeps crashing: {detail}", 0, previous_log=True)
        if self.reason in CONFIGURATION_FAILURES:
            return Trouble("configuration", f"the container cannot be made: {detail}", 15)
        if self.reason == "Unschedulable":
            return Trouble("unschedulable", f"no node takes the pod: {detail}", 30)
        if self.phase == "Failed":
            return Trouble("failed", f"the pod failed: {detail}", 0, previous_log=False)
        if self.reason == "ContainersNotReady" and self.started:
            return Trouble("readiness", f"runs, but its readiness probe does not pass: {detail}", 45)
        return None


@dataclass(frozen=True)
class Happening:
    """The newest event about an object. warning: Kubernetes holds it for a failure."""

    reason: str
    message: str
    warning: bool

    def __str__(self) -> str:
        return f"{self.reason}: {self.message}"


@dataclass(frozen=True)
class DeploymentState:
    """A Deployment. observed: its controller saw the latest change; failure: why no pod could be made."""

    desired: int
    updated: int
    ready: int
    available: int
    total: int
    observed: bool
    failure: str
    revision: str
    images: tuple[str, ...]

    @property
    def complete(self) -> bool:
        """Every wanted replica is of the latest template and available, and no older one is left."""
        return self.observed and self.updated == self.available == self.total == self.desired


@dataclass(frozen=True)
class IngressState:
    """An Ingress: the load balancer's name once there is one, and who holds up its deletion."""

    name: str
    address: str
    finalizers: tuple[str, ...]
    terminating: bool


def pod_state(item: Json, now: datetime) -> PodState:
    """A pod from its JSON."""
    metadata, spec, status = item["metadata"], item.get("spec", {}), item.get("status", {})
    containers = [*status.get("initContainerStatuses", []), *status.get("containerStatuses", [])]
    conditions = {c["type"]: c for c in status.get("conditions", [])}
    running = [c for c in status.get("containerStatuses", []) if "running" in c.get("state", {})]
    gates = [gate["conditionType"] for gate in spec.get("readinessGates") or []]
    reason, message = _reason(status, containers, conditions)
    return PodState(
        name=metadata["name"],
        phase=status.get("phase", ""),
        ready=_true(conditions.get("Ready")),
        reason=reason,
        message=message,
        restarts=sum(int(c.get("restartCount", 0)) for c in containers),
        image_digests=tuple(
            "sha256:" + c["imageID"].rpartition("sha256:")[2]
            for c in status.get("containerStatuses", [])
            if "sha256:" in c.get("imageID", "")
        ),
        images=tuple(c.get("image", "") for c in spec.get("containers", [])),
        node=spec.get("nodeName", ""),
        address=status.get("podIP", ""),
        gates=len(gates),
        gates_ok=all(_true(conditions.get(gate)) for gate in gates),
        started=bool(running) and all(c.get("started", False) for c in running),
        containers_ready=_true(conditions.get("ContainersReady")),
        terminating="deletionTimestamp" in metadata,
        template_hash=metadata.get("labels", {}).get("pod-template-hash", ""),
        age=(now - parsed_time(metadata["creationTimestamp"])).total_seconds(),
    )


def _reason(status: Json, containers: list[Json], conditions: Mapping[str, Json]) -> tuple[str, str]:
    """The most telling: a waiting container's, then the scheduler's, the pod's own, its conditions'."""
    for container in containers:
        waiting = container.get("state", {}).get("waiting")
        if waiting and waiting.get("reason") not in (None, "ContainerCreating", "PodInitializing"):
            return waiting["reason"], _with_exit(waiting.get("message", ""), container)
    for container in containers:
        ended = container.get("state", {}).get("terminated")
        if ended and ended.get("exitCode"):
            return ended.get("reason", "Error"), f"exit code {ended['exitCode']}"
    scheduled = conditions.get("PodScheduled", {})
    if scheduled.get("status") == "False":
        return scheduled.get("reason", ""), scheduled.get("message", "")
    if status.get("reason"):
        return status["reason"], status.get("message", "")
    for kind in ("ContainersReady", "Ready"):
        condition = conditions.get(kind, {})
        if condition.get("status") == "False":
            return condition.get("reason", ""), condition.get("message", "")
    return "", ""


def _with_exit(message: str, container: Json) -> str:
    """The message, and how the container ended the last time."""
    ended = container.get("lastState", {}).get("terminated")
    if not ended:
        return str(message)
    how = f"last exit code {ended.get('exitCode')} ({ended.get('reason', '')})"
    return f"{message}; {how}" if message else how


def deployment_state(item: Json) -> DeploymentState:
    """A Deployment from its JSON."""
    status = item.get("status", {})
    failures = [
        condition.get("message", condition.get("reason", ""))
        for condition in status.get("conditions", [])
        if condition["type"] == "ReplicaFailure" and condition["status"] == "True"
    ]
    return DeploymentState(
        desired=int(item["spec"].get("replicas", 1)),
        updated=int(status.get("updatedReplicas", 0)),
        ready=int(status.get("readyReplicas", 0)),
        available=int(status.get("availableReplicas", 0)),
        total=int(status.get("replicas", 0)),
        observed=int(status.get("observedGeneration", 0)) >= int(item["metadata"].get("generation", 0)),
        failure=failures[0] if failures else "",
        revision=item["metadata"].get("annotations", {}).get(REVISION, ""),
        images=tuple(c.get("image", "") for c in item["spec"]["template"]["spec"]["containers"]),
    )


def ingress_state(item: Json) -> IngressState:
    """An Ingress from its JSON."""
    balancers = item.get("status", {}).get("loadBalancer", {}).get("ingress") or [{}]
    metadata = item["metadata"]
    return IngressState(
        name=metadata["name"],
        address=balancers[0].get("hostname") or balancers[0].get("ip") or "",
        finalizers=tuple(metadata.get("finalizers") or ()),
        terminating="deletionTimestamp" in metadata,
    )


def ready_addresses(slices: Json) -> tuple[str, ...]:
    """The addresses of a service that take traffic, from its EndpointSlices."""
    return tuple(
        address
        for item in slices.get("items", [])
        for endpoint in item.get("endpoints") or []
        if endpoint.get("conditions", {}).get("ready", True) is not False
        for address in endpoint.get("addresses", [])
    )


def newest(items: Iterable[Json]) -> Happening | None:
    """The event that happened last. Times have whole seconds: of two in one, the one written last."""

    def when(item: Json) -> tuple[str, int]:
        version = str(item["metadata"].get("resourceVersion", ""))
        time = item.get("lastTimestamp") or item.get("eventTime") or ""
        return time[:19], int(version) if version.isdigit() else 0

    last = max(items, key=when, default=None)
    if last is None:
        return None
    message = " ".join(str(last.get("message", "")).split())
    return Happening(str(last.get("reason", "")), message, last.get("type") == "Warning")


def event_line(item: Json) -> str:
    """An event as one line."""
    return f"{item.get('reason', '')}: {' '.join(str(item.get('message', '')).split())}"


def parsed_time(text: str) -> datetime:
    """RFC 3339 as the API server and helm write it (with up to nine decimals)."""
    return datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(UTC)


def _true(condition: Json | None) -> bool:
    return bool(condition) and condition is not None and condition.get("status") == "True"
