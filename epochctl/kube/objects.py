"""Objects of a cluster other than pods, as frozen facts from the API server's JSON. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

Json = Mapping[str, Any]

REVISION = "deployment.kubernetes.io/revision"


@dataclass(frozen=True)
class ClusterEvent:
    """The newest event about an object. warning: Kubernetes calls it a failure."""

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
    """An Ingress: the load balancer's name once there is one, and what holds up its deletion."""

    name: str
    address: str
    finalizers: tuple[str, ...]
    terminating: bool


@dataclass(frozen=True)
class NodeState:
    """A node. why: the API server's words where it is not ready, or takes no pods."""

    name: str
    ready: bool
    why: str


def deployment_state(item: Json) -> DeploymentState:
    """Return a Deployment from its JSON."""
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
    """Return an Ingress from its JSON."""
    balancers = item.get("status", {}).get("loadBalancer", {}).get("ingress") or [{}]
    metadata = item["metadata"]
    return IngressState(
        name=metadata["name"],
        address=balancers[0].get("hostname") or balancers[0].get("ip") or "",
        finalizers=tuple(metadata.get("finalizers") or ()),
        terminating="deletionTimestamp" in metadata,
    )


def node_state(item: Json) -> NodeState:
    """Return a node from its JSON."""
    conditions = {one["type"]: one for one in item.get("status", {}).get("conditions", [])}
    condition = conditions.get("Ready", {})
    ready = condition.get("status") == "True"
    reason = f"{condition.get('reason', 'no word')}: {condition.get('message', '')}".rstrip(": ")
    cordoned = "it is cordoned" if item.get("spec", {}).get("unschedulable") else ""
    return NodeState(item["metadata"]["name"], ready, cordoned if ready else reason)


def ready_addresses(slices: Iterable[Json]) -> tuple[str, ...]:
    """Return the addresses of a service that take traffic, from its EndpointSlices."""
    return tuple(
        address
        for item in slices
        for endpoint in item.get("endpoints") or []
        if endpoint.get("conditions", {}).get("ready", True) is not False
        for address in endpoint.get("addresses", [])
    )


def newest(items: Iterable[Json]) -> ClusterEvent | None:
    """Return the latest event, or None. Times have whole seconds: of two in one, the one written last."""

    def when(item: Json) -> tuple[str, int]:
        version = str(item["metadata"].get("resourceVersion", ""))
        time = item.get("lastTimestamp") or item.get("eventTime") or ""
        return time[:19], int(version) if version.isdigit() else 0

    last = max(items, key=when, default=None)
    if last is None:
        return None
    message = " ".join(str(last.get("message", "")).split())
    return ClusterEvent(str(last.get("reason", "")), message, last.get("type") == "Warning")


def event_line(item: Json) -> str:
    """Return an event as one line."""
    return f"{item.get('reason', '')}: {' '.join(str(item.get('message', '')).split())}"
