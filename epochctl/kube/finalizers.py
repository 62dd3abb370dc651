"""Ingresses and Services that somebody keeps a load balancer for, and the finalizers that hold them.

Knows nothing of AWS, nor of whether that somebody still lives.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from epochctl.kube.connection import Connection, Json, Refused

MERGE = "application/merge-patch+json"
CONTROLLERS = ("elbv2.k8s.aws/", "ingress.k8s.aws/", "group.ingress", "service.k8s.aws/")
INGRESS = ("Ingress", "/apis/networking.k8s.io/v1", "ingresses")
SERVICE = ("Service", "/api/v1", "services")
BINDING = ("TargetGroupBinding", "/apis/elbv2.k8s.aws/v1beta1", "targetgroupbindings")


@dataclass(frozen=True)
class LoadBalancerOwner:
    """One object; path: where the API server has it."""

    kind: str
    namespace: str
    name: str
    path: str

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}"


def find(connection: Connection) -> tuple[LoadBalancerOwner, ...]:
    """Those in any namespace: held Ingresses, and Services that ask for a load balancer."""
    ingresses = ((one, item) for one, item in _items(connection, INGRESS, "") if _held(item))
    services = (
        (one, item)
        for one, item in _items(connection, SERVICE, "")
        if item["spec"].get("type") == "LoadBalancer"
    )
    return tuple(one for one, _ in (*ingresses, *services))


def strip(connection: Connection, namespace: str) -> tuple[LoadBalancerOwner, ...]:
    """Free them, and the bindings of target groups, of the controller's finalizers. "" means everywhere."""
    return tuple(
        one
        for kind in (INGRESS, SERVICE, BINDING)
        for one, item in _items(connection, kind, namespace)
        if _free(connection, one, item)
    )


def _items(
    connection: Connection, kind: tuple[str, str, str], namespace: str
) -> Iterator[tuple[LoadBalancerOwner, Json]]:
    word, base, plural = kind
    scope = f"/namespaces/{namespace}" if namespace else ""
    for item in (connection.get(f"{base}{scope}/{plural}") or {}).get("items", []):
        at, name = item["metadata"]["namespace"], item["metadata"]["name"]
        yield LoadBalancerOwner(word, at, name, f"{base}/namespaces/{at}/{plural}/{name}"), item


def _held(item: Json) -> bool:
    return any(name.startswith(CONTROLLERS) for name in item["metadata"].get("finalizers") or [])


def _free(connection: Connection, one: LoadBalancerOwner, item: Json) -> bool:
    if not _held(item):
        return False
    kept = [name for name in item["metadata"]["finalizers"] if not name.startswith(CONTROLLERS)]
    try:
        connection.send("PATCH", one.path, body={"metadata": {"finalizers": kept}}, content=MERGE)
    except Refused as refused:
        if refused.status != 404:
            raise
    return True


def probe_ingress(ingress_class: str) -> Json:
    """One that asks whether the admission webhooks answer; it leads nowhere."""
    backend = {"service": {"name": "probe", "port": {"number": 80}}}
    path = {"path": "/", "pathType": "Prefix", "backend": backend}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"generateName": "epochctl-admission-probe-"},
        "spec": {"ingressClassName": ingress_class, "rules": [{"http": {"paths": [path]}}]},
    }
