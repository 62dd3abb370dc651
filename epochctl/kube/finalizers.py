"""Ingresses and Services that a controller keeps a load balancer for, and the finalizers that hold them."""

from __future__ import annotations

from dataclasses import dataclass

from epochctl.kube.connection import MERGE_PATCH, Connection, Json, Kind, Refused

CONTROLLERS = ("elbv2.k8s.aws/", "ingress.k8s.aws/", "group.ingress", "service.k8s.aws/")
INGRESS = Kind("networking.k8s.io/v1", "Ingress", "ingresses")
SERVICE = Kind("v1", "Service", "services")
TARGET_GROUP_BINDING = Kind("elbv2.k8s.aws/v1beta1", "TargetGroupBinding", "targetgroupbindings")


@dataclass(frozen=True)
class LoadBalancerOwner:
    """An object that a load balancer, or a binding of its target group, belongs to."""

    kind: Kind
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind.name} {self.namespace}/{self.name}"


def find(connection: Connection) -> tuple[LoadBalancerOwner, ...]:
    """Return, of any namespace, the Ingresses with a finalizer and the Services of type LoadBalancer."""
    ingresses = [_owner(INGRESS, item) for item in connection.list(INGRESS) if _is_held(item)]
    services = connection.list(SERVICE)
    balanced = [_owner(SERVICE, item) for item in services if item["spec"].get("type") == "LoadBalancer"]
    return (*ingresses, *balanced)


def remove(connection: Connection, namespace: str) -> tuple[LoadBalancerOwner, ...]:
    """Remove the controller's finalizers, from bindings of target groups too. namespace: "" for all."""
    freed = []
    for kind in (INGRESS, SERVICE, TARGET_GROUP_BINDING):
        for item in filter(_is_held, connection.list(kind, namespace)):
            owner = _owner(kind, item)
            others = [name for name in item["metadata"]["finalizers"] if not name.startswith(CONTROLLERS)]
            body = {"metadata": {"finalizers": others}}
            try:
                connection.send(
                    "PATCH", kind, owner.name, owner.namespace, body=body, content_type=MERGE_PATCH
                )
            except Refused as refused:
                if refused.status != 404:
                    raise
            freed.append(owner)
    return tuple(freed)


def _owner(kind: Kind, item: Json) -> LoadBalancerOwner:
    return LoadBalancerOwner(kind, item["metadata"]["namespace"], item["metadata"]["name"])


def _is_held(item: Json) -> bool:
    return any(name.startswith(CONTROLLERS) for name in item["metadata"].get("finalizers") or [])


def probe_ingress(ingress_class: str) -> Json:
    """Return an Ingress that leads nowhere: it shows whether the admission webhooks answer."""
    backend = {"service": {"name": "probe", "port": {"number": 80}}}
    path = {"path": "/", "pathType": "Prefix", "backend": backend}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"generateName": "epochctl-admission-probe-"},
        "spec": {"ingressClassName": ingress_class, "rules": [{"http": {"paths": [path]}}]},
    }
