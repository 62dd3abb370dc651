"""The verbs that steps need of a cluster, on frozen data. Each is bounded in time; absent is an answer."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from epochctl.kube import drift, finalizers, objects, pods
from epochctl.kube.connection import (
    APPLY_PATCH,
    MERGE_PATCH,
    METADATA_ONLY,
    POD,
    Access,
    Connection,
    Kind,
    Refused,
)
from epochctl.kube.drift import Drift
from epochctl.kube.exec import ExecSession
from epochctl.kube.finalizers import INGRESS, TARGET_GROUP_BINDING, LoadBalancerOwner
from epochctl.kube.objects import ClusterEvent, DeploymentState, IngressState, NodeState
from epochctl.kube.pods import PodState

MANAGED_BY = "app.kubernetes.io/managed-by"
MANAGER = "epochctl"
NAMESPACE = Kind("v1", "Namespace", "namespaces", namespaced=False)
NODE = Kind("v1", "Node", "nodes", namespaced=False)
EVENT = Kind("v1", "Event", "events")
SECRET = Kind("v1", "Secret", "secrets")
SERVICE_ACCOUNT = Kind("v1", "ServiceAccount", "serviceaccounts")
DEPLOYMENT = Kind("apps/v1", "Deployment", "deployments")
REPLICA_SET = Kind("apps/v1", "ReplicaSet", "replicasets")
ENDPOINT_SLICE = Kind("discovery.k8s.io/v1", "EndpointSlice", "endpointslices")
DEFINITION = Kind(
    "apiextensions.k8s.io/v1", "CustomResourceDefinition", "customresourcedefinitions", namespaced=False
)
WEBHOOKS = tuple(
    Kind("admissionregistration.k8s.io/v1", kind, f"{kind.lower()}s", namespaced=False)
    for kind in ("ValidatingWebhookConfiguration", "MutatingWebhookConfiguration")
)


class Kube:
    """One cluster, reached with what EKS says about it. token gives a bearer token that is valid now."""

    def __init__(self, access: Access, token: Callable[[], str], who: Callable[[], str] = str) -> None:
        self._connection = Connection(access, token, who)

    # read

    def is_ready(self) -> bool:
        """Return whether the API server answers and says that it is ready."""
        return self._connection.is_ready()

    def pods(self, namespace: str, selector: str = "") -> tuple[PodState, ...]:
        """Return the pods, oldest first; () where there is no such namespace."""
        now = datetime.now(UTC)
        items = self._connection.list(POD, namespace, label_selector=selector)
        return tuple(
            sorted((pods.pod_state(item, now) for item in items), key=lambda pod: (-pod.age, pod.name))
        )

    def logs(self, namespace: str, pod: str, *, tail: int = 20, previous: bool = False) -> tuple[str, ...]:
        """Return the last lines of a pod; () where it has none yet."""
        query = {"tailLines": str(tail), "previous": str(previous).lower()}
        try:
            return tuple(self._connection.log(namespace, pod, **query).splitlines())
        except Refused:
            return ()

    def follow(self, namespace: str, pod: str, *, tail: int = 20) -> Iterator[str]:
        """Yield the lines of a pod as they are written, until it ends."""
        return self._connection.follow(namespace, pod, tailLines=str(tail))

    def execute(
        self, namespace: str, pod: str, container: str, command: Sequence[str], *, stdin: bool, tty: bool
    ) -> ExecSession:
        """Start a command in a container. Raises Refused where there is no such pod, or it does not run."""
        return self._connection.execute(namespace, pod, container, command, stdin=stdin, tty=tty)

    def deployment(self, namespace: str, name: str) -> DeploymentState | None:
        """Return a Deployment, or None where there is none."""
        item = self._connection.get(DEPLOYMENT, name, namespace)
        return objects.deployment_state(item) if item else None

    def template_hash(self, namespace: str, selector: str, revision: str) -> str:
        """Return what marks the pods of a Deployment's revision; "" until its ReplicaSet is there."""
        marks = {
            item["metadata"].get("annotations", {}).get(objects.REVISION): item["metadata"]["labels"]
            for item in self._connection.list(REPLICA_SET, namespace, label_selector=selector)
        }
        return str(marks.get(revision, {}).get("pod-template-hash", ""))

    def ready_endpoints(self, namespace: str, service: str) -> tuple[str, ...]:
        """Return the addresses behind a service that take traffic."""
        selector = f"kubernetes.io/service-name={service}"
        return objects.ready_addresses(
            self._connection.list(ENDPOINT_SLICE, namespace, label_selector=selector)
        )

    def ingress(self, namespace: str, name: str) -> IngressState | None:
        """Return an Ingress, or None where there is none."""
        item = self._connection.get(INGRESS, name, namespace)
        return objects.ingress_state(item) if item else None

    def ingresses(self, namespace: str) -> tuple[IngressState, ...]:
        """Return the Ingresses of a namespace."""
        return tuple(map(objects.ingress_state, self._connection.list(INGRESS, namespace)))

    def target_groups(self, namespace: str) -> tuple[str, ...]:
        """Return the ARNs of the target groups that are bound to services of the namespace."""
        items = self._connection.list(TARGET_GROUP_BINDING, namespace)
        return tuple(item["spec"].get("targetGroupARN", "") for item in items)

    def events(self, namespace: str, name: str = "", *, kind: str = "", limit: int = 5) -> tuple[str, ...]:
        """Return warnings about objects whose name begins with `name`, the latest last. kind: "" for all."""
        items = [
            item
            for item in self._connection.list(EVENT, namespace, field_selector="type=Warning")
            if item["involvedObject"].get("name", "").startswith(name)
            and kind in ("", item["involvedObject"].get("kind"))
        ]
        items.sort(key=lambda item: item.get("lastTimestamp") or item.get("eventTime") or "")
        return tuple(dict.fromkeys(objects.event_line(item) for item in items))[-limit:]

    def latest_event(self, namespace: str, pod: str) -> ClusterEvent | None:
        """Return the newest event about a pod, good or bad."""
        selector = f"involvedObject.kind=Pod,involvedObject.name={pod}"
        return objects.newest(self._connection.list(EVENT, namespace, field_selector=selector))

    def load_balancer_owners(self) -> tuple[LoadBalancerOwner, ...]:
        """Return every Ingress and Service, in any namespace, that a controller keeps a load balancer for."""
        return finalizers.find(self._connection)

    def role_of(self, namespace: str, service_account: str) -> str | None:
        """Return the IAM role that a service account names, "" for none; None where the account is absent."""
        item = self._connection.get(SERVICE_ACCOUNT, service_account, namespace)
        if item is None:
            return None
        return str(item["metadata"].get("annotations", {}).get("eks.amazonaws.com/role-arn", ""))

    def nodes(self) -> tuple[NodeState, ...]:
        """Return the nodes of the cluster."""
        return tuple(map(objects.node_state, self._connection.list(NODE)))

    def secrets(self, namespace: str, selector: str, key: str) -> tuple[bytes, ...]:
        """Return what the selected Secrets hold under `key`."""
        items = self._connection.list(SECRET, namespace, label_selector=selector)
        return tuple(b64decode(item["data"][key]) for item in items if key in (item.get("data") or {}))

    def secret_version(self, namespace: str, name: str) -> str:
        """Return what changes with a Secret; "" where there is none. Its data is not requested."""
        found = self._connection.get(SECRET, name, namespace, accept=METADATA_ONLY)
        return f"{found['metadata']['uid']}/{found['metadata']['resourceVersion']}" if found else ""

    def has_secret(self, namespace: str, name: str) -> bool:
        """Return whether there is a Secret of that name."""
        return bool(self.secret_version(namespace, name))

    def namespace(self, name: str) -> Mapping[str, str] | None:
        """Return the namespace's labels, or None where there is none."""
        item = self._connection.get(NAMESPACE, name)
        return None if item is None else dict(item["metadata"].get("labels", {}))

    def is_terminating(self, namespace: str) -> bool:
        """Return whether the namespace is being deleted."""
        item = self._connection.get(NAMESPACE, namespace)
        return item is not None and item.get("status", {}).get("phase") == "Terminating"

    def is_managed(self, namespace: str) -> bool:
        """Return whether the namespace exists and epochctl created it."""
        return (self.namespace(namespace) or {}).get(MANAGED_BY) == MANAGER

    def missing(self, manifests: Iterable[Mapping[str, Any]], namespace: str) -> tuple[str, ...]:
        """Return which of the objects do not exist in the cluster, as Kind/name."""
        return tuple(
            f"{item['kind']}/{item['metadata']['name']}"
            for item in manifests
            if self._live(item, namespace) is None
        )

    def drifts(self, manifests: Iterable[Mapping[str, Any]], namespace: str) -> tuple[Drift, ...]:
        """Return what of these objects was changed by hand."""
        pairs = ((item, self._live(item, namespace)) for item in manifests)
        found = (drift.find(item, live) for item, live in pairs if live is not None)
        return tuple(one for one in found if one is not None)

    def dry_run_ingress(self, namespace: str, ingress_class: str = "alb") -> str:
        """Send an Ingress through admission without keeping it: "" where it is admitted, else why not."""
        body = finalizers.probe_ingress(ingress_class)
        try:
            self._connection.send("POST", INGRESS, "", namespace, body=body, dry_run="All")
        except Refused as refused:
            return refused.message
        return ""

    # create and change

    def ensure_namespace(self, name: str, labels: Mapping[str, str]) -> bool:
        """Create the namespace, or give it these labels. Return whether something changed."""
        existing = self.namespace(name)
        if existing is None:
            body = {"apiVersion": "v1", "kind": "Namespace"}
            metadata = {"name": name, "labels": {MANAGED_BY: MANAGER, **labels}}
            self._connection.send("POST", NAMESPACE, body={**body, "metadata": metadata})
            return True
        if labels.items() <= existing.items():
            return False
        patch = {"metadata": {"labels": dict(labels)}}
        self._connection.send("PATCH", NAMESPACE, name, body=patch, content_type=MERGE_PATCH)
        return True

    def apply(self, manifest: Mapping[str, Any], namespace: str = "") -> None:
        """Server-side apply, as the owner of every field that the manifest sets."""
        options: dict[str, Any] = {
            "field_manager": MANAGER,
            "force_conflicts": True,
            "content_type": APPLY_PATCH,
        }
        self._connection.send("PATCH", *self._address(manifest, namespace), body=manifest, **options)

    def restore(self, manifest: Mapping[str, Any], namespace: str = "") -> None:
        """Put the manifest's content in place of the object's own, with nothing beside it."""
        if live := self._live(manifest, namespace):
            body = drift.without_drift(manifest, live)
            address = self._address(manifest, namespace)
            self._connection.send("PUT", *address, body=body, field_manager=MANAGER)

    def scale(self, namespace: str, name: str, replicas: int) -> None:
        """Set how many pods a Deployment has."""
        options = {"subresource": "scale", "content_type": MERGE_PATCH}
        body = {"spec": {"replicas": replicas}}
        self._connection.send("PATCH", DEPLOYMENT, name, namespace, body=body, **options)

    # delete

    def delete_pod(self, namespace: str, name: str) -> bool:
        """End a pod in its own time; what made it makes another. Return False where it is absent."""
        return self._connection.delete(POD, name, namespace)

    def delete_namespace(self, name: str) -> bool:
        """Ask for deletion; it takes as long as finalizers inside take. Return False where it is absent."""
        return self._connection.delete(NAMESPACE, name)

    def delete_ingress(self, namespace: str, name: str) -> bool:
        """Ask for deletion of an Ingress. Return False where it is absent."""
        return self._connection.delete(INGRESS, name, namespace)

    def delete_service_account(self, namespace: str, name: str) -> bool:
        """Delete a service account. Return False where it is absent."""
        return self._connection.delete(SERVICE_ACCOUNT, name, namespace)

    def delete_webhooks(self, name: str) -> bool:
        """Delete the validating and mutating webhook configurations of that name."""
        deleted = [self._connection.delete(kind, name) for kind in WEBHOOKS]  # both, always
        return any(deleted)

    def delete_definitions(self, group: str) -> tuple[str, ...]:
        """Delete every CustomResourceDefinition of an API group, and return their names."""
        items = self._connection.list(DEFINITION)
        names = tuple(item["metadata"]["name"] for item in items if item["spec"]["group"] == group)
        return tuple(name for name in names if self._connection.delete(DEFINITION, name))

    def delete_owner(self, item: LoadBalancerOwner) -> bool:
        """Ask for its deletion: the controller removes its load balancer first."""
        return self._connection.delete(item.kind, item.name, item.namespace)

    def remove_finalizers(self, namespace: str = "") -> tuple[str, ...]:
        """Remove the load balancer controller's finalizers, and return from what. namespace "": in all."""
        return tuple(str(item) for item in finalizers.remove(self._connection, namespace))

    # an object of any kind

    def _address(self, manifest: Mapping[str, Any], namespace: str) -> tuple[Kind, str, str]:
        kind, metadata = self._connection.kind(manifest["apiVersion"], manifest["kind"]), manifest["metadata"]
        return kind, metadata["name"], metadata.get("namespace") or namespace

    def _live(self, manifest: Mapping[str, Any], namespace: str) -> dict[str, Any] | None:
        return self._connection.get(*self._address(manifest, namespace))
