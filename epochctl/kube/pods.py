"""A pod as frozen facts from the API server's JSON, and what is wrong with it. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

Json = Mapping[str, Any]

IMAGE_FAILURES = {"ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "ImageInspectError"}
OUT_OF_MEMORY = "OOMKilled"
CONFIGURATION_FAILURES = {"CreateContainerConfigError", "CreateContainerError", "RunContainerError"}
PULL_RETRY_SECONDS = 240.0  # for a pull that may yet succeed: the kubelet retries after 10, 20, 40, 80 s
_TRANSIENT_PULL_ERROR = re.compile(
    r"connection reset|broken pipe|unexpected EOF|: EOF|i/o timeout|TLS handshake timeout|deadline exceeded"
    r"|429 Too Many|toomanyrequests|too many requests|rate exceeded|pull QPS exceeded"
    r"|\b50[0234] |temporary failure in name resolution|server misbehaving",
    re.I,
)


@dataclass(frozen=True)
class Trouble:
    """Why a pod does not become ready. grace: seconds to see it before it counts as final."""

    kind: str
    message: str
    grace: float
    previous_log: bool = False


@dataclass(frozen=True)
class PodState:
    """A pod. reason and message: the API server's words for its state; restarts: of all its containers.

    image_digests: sha256:... of what its containers run; images: the references they asked for.
    started: its containers run, past their startup probe; gates_ok: no readiness gate is open.
    health: its probe's request, such as "GET /health on port 80"; startup_seconds: until the first answer.
    memory_limit: of its containers, as written.
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
    health: str = ""
    startup_seconds: float = 0.0
    memory_limit: str = ""

    def runs(self, digest: str) -> bool:
        """Return whether every container runs that digest.

        A reference pinned to it counts too: a node that has the same content under two digests names one.
        """
        pinned = bool(self.images) and all(image.endswith("@" + digest) for image in self.images)
        return pinned or (bool(self.image_digests) and all(seen == digest for seen in self.image_digests))

    @property
    def is_creating(self) -> bool:
        """Whether a node has it and no container has started: only events show how far it is."""
        return self.phase == "Pending" and bool(self.node) and not self.terminating and self.trouble is None

    @property
    def trouble(self) -> Trouble | None:
        """What is wrong; None if it is ready or still being created."""
        if self.ready or self.terminating or self.phase == "Succeeded":
            return None
        detail = f"pod {self.name}: {self.reason}" + (f": {self.message}" if self.message else "")
        if self.reason in IMAGE_FAILURES:
            return Trouble("image", f"the image cannot be pulled: {detail}", pull_grace(self.message))
        if self.reason == OUT_OF_MEMORY:
            limit = f" ({self.memory_limit})" if self.memory_limit else ""
            what = f"the container was killed because it used more memory than its limit{limit}"
            return Trouble("memory", f"{what}: pod {self.name}", 0, previous_log=True)
        if self.reason == "CrashLoopBackOff":
            return Trouble("crash", f"the container keeps crashing: {detail}", 0, previous_log=True)
        if self.reason in CONFIGURATION_FAILURES:
            return Trouble("configuration", f"the container cannot be made: {detail}", 15)
        if self.reason == "Unschedulable":
            return Trouble("unschedulable", f"no node takes the pod: {detail}", 20)
        if self.phase == "Failed":
            return Trouble("failed", f"the pod failed: {detail}", 0, previous_log=False)
        return self._unhealthy()

    def _unhealthy(self) -> Trouble | None:
        """Return what is wrong with a pod that runs while its probes do not pass."""
        if self.reason != "ContainersNotReady" or self.phase != "Running":
            return None
        message = f"pod {self.name} runs, but {self.health or 'its readiness probe'} does not pass"
        if self.started:
            return Trouble("readiness", message, 45)
        if not self.startup_seconds:
            return None
        return Trouble(
            "startup",
            f"{message}; it has {self.startup_seconds:.0f} s from its start",
            self.startup_seconds + 3,
        )


def pull_grace(message: str) -> float:
    """Return how long a failed pull may be seen before it counts as final: 0 where a retry cannot help."""
    return PULL_RETRY_SECONDS if _TRANSIENT_PULL_ERROR.search(message) else 0.0


def pod_state(item: Json, now: datetime) -> PodState:
    """Return a pod from its JSON."""
    metadata, spec, status = item["metadata"], item.get("spec", {}), item.get("status", {})
    containers = [*status.get("initContainerStatuses", []), *status.get("containerStatuses", [])]
    conditions = {c["type"]: c for c in status.get("conditions", [])}
    running = [c for c in status.get("containerStatuses", []) if "running" in c.get("state", {})]
    gates = [gate["conditionType"] for gate in spec.get("readinessGates") or []]
    reason, message = _reason(status, containers, conditions)
    return PodState(
        name=metadata["name"],
        phase=status.get("phase", ""),
        ready=_is_true(conditions.get("Ready")),
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
        gates_ok=all(_is_true(conditions.get(gate)) for gate in gates),
        started=bool(running) and all(c.get("started", False) for c in running),
        containers_ready=_is_true(conditions.get("ContainersReady")),
        terminating="deletionTimestamp" in metadata,
        template_hash=metadata.get("labels", {}).get("pod-template-hash", ""),
        age=(now - parse_time(metadata["creationTimestamp"])).total_seconds(),
        health=_health(spec),
        startup_seconds=_startup_seconds(spec),
        memory_limit=", ".join(
            limit
            for c in spec.get("containers", [])
            if (limit := c.get("resources", {}).get("limits", {}).get("memory"))
        ),
    )


def _health(spec: Json) -> str:
    """Return what the first HTTP probe of a pod requests."""
    for container in spec.get("containers", []):
        probe = (container.get("readinessProbe") or container.get("startupProbe") or {}).get("httpGet")
        if probe:
            ports = {one.get("name"): one.get("containerPort") for one in container.get("ports", [])}
            return f"GET {probe.get('path', '/')} on port {ports.get(probe.get('port'), probe.get('port'))}"
    return ""


def _startup_seconds(spec: Json) -> float:
    """Return how long the kubelet waits for the first answer before it kills the container; 0: no probe."""
    probes = [c["startupProbe"] for c in spec.get("containers", []) if c.get("startupProbe")]
    return max(
        (float(p.get("periodSeconds", 10) * p.get("failureThreshold", 3)) for p in probes), default=0.0
    )


def _is_killed_for_memory(container: Json) -> bool:
    """Return whether its last end was that, unless it runs again."""
    state, last = container.get("state", {}), container.get("lastState", {})
    ended = state.get("terminated") or ({} if state.get("running") else last.get("terminated")) or {}
    return bool(ended.get("reason") == OUT_OF_MEMORY)


def _reason(status: Json, containers: list[Json], conditions: Mapping[str, Json]) -> tuple[str, str]:
    """Return the most specific: a waiting container's, the scheduler's, the pod's own, its conditions'."""
    if any(_is_killed_for_memory(container) for container in containers):
        return OUT_OF_MEMORY, ""
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
    """Return how the container ended the last time, else the message, which says when it is restarted."""
    ended = container.get("lastState", {}).get("terminated")
    return f"last exit code {ended.get('exitCode')} ({ended.get('reason', '')})" if ended else str(message)


def parse_time(text: str) -> datetime:
    """Return the time in RFC 3339, as the API server and helm write it (with up to nine decimals)."""
    return datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(UTC)


def _is_true(condition: Json | None) -> bool:
    return bool(condition) and condition is not None and condition.get("status") == "True"
