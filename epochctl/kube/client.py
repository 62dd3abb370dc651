"""The verbs that steps need of a cluster, on frozen data. Each is bounded in time; absent is an answer.

Knows nothing of AWS, of helm, or of why a step asks.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from epochctl.kube import drift, finalizers, objects, pods
from epochctl.kube.connection import Access, Connection, Json, Refused
from epochctl.kube.drift import Drift
from epochctl.kube.exec import PROTOCOLS, ExecSession
from epochctl.kube.finalizers import LoadBalancerOwner
from epochctl.kube.nodes import NodeState, node_state
from epochctl.kube.objects import ClusterEvent, DeploymentState, IngressState
from epochctl.kube.pods import PodState

MANAGED = "app.kubernetes.io/managed-by"
OWNER = "epochctl"
MERGE = "application/merge-patch+json"
METADATA = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
APPLY = "application/apply-patch+yaml"
NETWORKING = "/apis/networking.k8s.io/v1"
ADMISSION = "/apis/admissionregistration.k8s.io/v1"
BINDINGS = "/apis/elbv2.k8s.aws/v1beta1"


class Kube:
    """One cluster, reached with what EKS says about it. token gives a bearer token that is valid now."""

    def __init__(self, access: Access, token: Callable[[], str], who: Callable[[], str] = str) -> None:
        self._connection = Connection(access, token, who)
        self._plurals: dict[str, dict[str, tuple[str, bool]]] = {}

    # what is there

    def ready(self) -> bool:
        """Whether the API server answers and says it is ready."""
        return self._connection.text("/readyz").strip() == "ok"

    def pods(self, namespace: str, selector: str = "") -> tuple[PodState, ...]:
        """Pods, oldest first; () where there is no such namespace."""
        query = {"labelSelector": selector} if selector else {}
        answer = self._connection.get(f"/api/v1/namespaces/{namespace}/pods", **query) or {}
        now = datetime.now(UTC)
        found = [pods.pod_state(item, now) for item in answer.get("items", [])]
        return tuple(sorted(found, key=lambda pod: (-pod.age, pod.name)))

    def logs(self, namespace: str, pod: str, *, tail: int = 20, previous: bool = False) -> tuple[str, ...]:
        """The last lines of a pod; () where it has none yet."""
        try:
            text = self._connection.text(
                _log_path(namespace, pod), tailLines=str(tail), previous=str(previous).lower()
            )
        except Refused:
            return ()
        return tuple(text.splitlines())

    def follow(self, namespace: str, pod: str, *, tail: int = 20) -> Iterator[str]:
        """Lines of a pod as they are written, until it ends."""
        return self._connection.stream(_log_path(namespace, pod), tailLines=str(tail), follow="true")

    def execute(
        self, namespace: str, pod: str, container: str, command: Sequence[str], *, stdin: bool, tty: bool
    ) -> ExecSession:
        """Start a command in a container. Raises Refused where there is no such pod, or it does not run."""
        streams = {"stdin": stdin, "stdout": True, "stderr": not tty, "tty": tty}
        query = [("container", container), *((name, str(on).lower()) for name, on in streams.items())]
        query += [("command", word) for word in command]
        path = f"/api/v1/namespaces/{namespace}/pods/{pod}/exec"
        return ExecSession(self._connection.socket(path, PROTOCOLS, query))

    def deployment(self, namespace: str, name: str) -> DeploymentState | None:
        item = self._connection.get(f"/apis/apps/v1/namespaces/{namespace}/deployments/{name}")
        return objects.deployment_state(item) if item else None

    def template_hash(self, namespace: str, selector: str, revision: str) -> str:
        """What marks the pods of a Deployment's revision; "" until its ReplicaSet is there."""
        path = f"/apis/apps/v1/namespaces/{namespace}/replicasets"
        items = (self._connection.get(path, labelSelector=selector) or {}).get("items", [])
        marks = {
            item["metadata"].get("annotations", {}).get(objects.REVISION): item["metadata"]["labels"]
            for item in items
        }
        return str(marks.get(revision, {}).get("pod-template-hash", ""))

    def ready_endpoints(self, namespace: str, service: str) -> tuple[str, ...]:
        """Addresses behind a service that take traffic."""
        path = f"/apis/discovery.k8s.io/v1/namespaces/{namespace}/endpointslices"
        answer = self._connection.get(path, labelSelector=f"kubernetes.io/service-name={service}")
        return objects.ready_addresses(answer or {})

    def ingress(self, namespace: str, name: str) -> IngressState | None:
        item = self._connection.get(f"{NETWORKING}/namespaces/{namespace}/ingresses/{name}")
        return objects.ingress_state(item) if item else None

    def ingresses(self, namespace: str) -> tuple[IngressState, ...]:
        answer = self._connection.get(f"{NETWORKING}/namespaces/{namespace}/ingresses") or {}
        return tuple(objects.ingress_state(item) for item in answer.get("items", []))

    def target_groups(self, namespace: str) -> tuple[str, ...]:
        """ARNs of the target groups that the load balancer controller binds to services of the namespace."""
        answer = self._connection.get(f"{BINDINGS}/namespaces/{namespace}/targetgroupbindings") or {}
        return tuple(item["spec"].get("targetGroupARN", "") for item in answer.get("items", []))

    def events(self, namespace: str, name: str = "", *, kind: str = "", limit: int = 5) -> tuple[str, ...]:
        """Warnings about objects whose name begins with `name`, the latest last."""
        answer = self._connection.get(f"/api/v1/namespaces/{namespace}/events", fieldSelector="type=Warning")
        items = [
            item
            for item in (answer or {}).get("items", [])
            if item["involvedObject"].get("name", "").startswith(name)
            and item["involvedObject"].get("kind")
            in ({kind} if kind else {item["involvedObject"].get("kind")})
        ]
        items.sort(key=lambda item: item.get("lastTimestamp") or item.get("eventTime") or "")
        return tuple(dict.fromkeys(objects.event_line(item) for item in items))[-limit:]

    def happening(self, namespace: str, pod: str) -> ClusterEvent | None:
        """The newest event about a pod, good or bad."""
        query = f"involvedObject.kind=Pod,involvedObject.name={pod}"
        answer = self._connection.get(f"/api/v1/namespaces/{namespace}/events", fieldSelector=query)
        return objects.newest((answer or {}).get("items", []))

    def balanced(self) -> tuple[LoadBalancerOwner, ...]:
        """Every Ingress and Service, in any namespace, that somebody keeps a load balancer for."""
        return finalizers.find(self._connection)

    def role_of(self, namespace: str, service_account: str) -> str | None:
        """The IAM role that a service account names, "" for none; None where the account is absent."""
        item = self._connection.get(f"/api/v1/namespaces/{namespace}/serviceaccounts/{service_account}")
        if item is None:
            return None
        return str(item["metadata"].get("annotations", {}).get("eks.amazonaws.com/role-arn", ""))

    def nodes(self) -> tuple[NodeState, ...]:
        return tuple(map(node_state, (self._connection.get("/api/v1/nodes") or {}).get("items", [])))

    def secrets(self, namespace: str, selector: str, key: str) -> tuple[bytes, ...]:
        """What the selected Secrets hold under `key`."""
        path = f"/api/v1/namespaces/{namespace}/secrets"
        items = (self._connection.get(path, labelSelector=selector) or {}).get("items", [])
        return tuple(b64decode(item["data"][key]) for item in items if key in (item.get("data") or {}))

    def secret_version(self, namespace: str, name: str) -> str:
        """What changes with a Secret; "" where there is none. What is in it is not asked for."""
        path = f"/api/v1/namespaces/{namespace}/secrets/{name}"
        found = self._connection.get(path, accept=METADATA)
        return f"{found['metadata']['uid']}/{found['metadata']['resourceVersion']}" if found else ""

    def has_secret(self, namespace: str, name: str) -> bool:
        """Whether there is a Secret of that name."""
        return bool(self.secret_version(namespace, name))

    def namespace(self, name: str) -> Mapping[str, str] | None:
        """The namespace's labels, or None where there is none."""
        item = self._connection.get(f"/api/v1/namespaces/{name}")
        return None if item is None else dict(item["metadata"].get("labels", {}))

    def terminating(self, name: str) -> bool:
        """Whether the namespace is on its way out."""
        item = self._connection.get(f"/api/v1/namespaces/{name}")
        return item is not None and item.get("status", {}).get("phase") == "Terminating"

    def owned_namespace(self, name: str) -> bool:
        """Whether the namespace exists and epochctl made it."""
        return (self.namespace(name) or {}).get(MANAGED) == OWNER

    def missing(self, manifests: Iterable[Mapping[str, Any]], namespace: str) -> tuple[str, ...]:
        """Which of the objects do not exist in the cluster, as Kind/name."""
        return tuple(
            f"{item['kind']}/{item['metadata']['name']}"
            for item in manifests
            if self._connection.get(self._path(item, namespace)) is None
        )

    def drifts(self, manifests: Iterable[Mapping[str, Any]], namespace: str) -> tuple[Drift, ...]:
        """What of these objects somebody changed by hand."""
        pairs = ((item, self._connection.get(self._path(item, namespace))) for item in manifests)
        found = (drift.find(item, live) for item, live in pairs if live is not None)
        return tuple(one for one in found if one is not None)

    # what would happen

    def dry_run_ingress(self, namespace: str, ingress_class: str = "alb") -> str:
        """Send an Ingress through admission without keeping it: "" where it is admitted, else why not."""
        path = f"{NETWORKING}/namespaces/{namespace}/ingresses"
        try:
            self._connection.send(
                "POST", path, body=finalizers.probe_ingress(ingress_class), query={"dryRun": "All"}
            )
        except Refused as refused:
            return refused.message
        return ""

    # what is made so

    def ensure_namespace(self, name: str, labels: Mapping[str, str]) -> bool:
        """Make the namespace, or give it these labels. True when something changed; its owner stays."""
        existing = self.namespace(name)
        if existing is None:
            wanted = {MANAGED: OWNER, **labels}
            body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": wanted}}
            self._connection.send("POST", "/api/v1/namespaces", body=body)
            return True
        if all(existing.get(key) == value for key, value in labels.items()):
            return False
        patch = {"metadata": {"labels": dict(labels)}}
        self._connection.send("PATCH", f"/api/v1/namespaces/{name}", body=patch, content=MERGE)
        return True

    def apply(self, manifest: Json, namespace: str = "") -> None:
        """Server-side apply, as the owner of every field that the manifest sets."""
        query = {"fieldManager": OWNER, "force": "true"}
        self._connection.send(
            "PATCH", self._path(manifest, namespace), body=manifest, query=query, content=APPLY
        )

    def restore(self, manifest: Mapping[str, Any], namespace: str = "") -> None:
        """Put the manifest's content in place of the object's own, with nothing beside it."""
        path = self._path(manifest, namespace)
        live = self._connection.get(path)
        if live is not None:
            body = drift.restored(manifest, live)
            self._connection.send("PUT", path, body=body, query={"fieldManager": OWNER})

    def scale(self, namespace: str, name: str, replicas: int) -> None:
        """As many pods of a Deployment."""
        path = f"/apis/apps/v1/namespaces/{namespace}/deployments/{name}/scale"
        self._connection.send("PATCH", path, body={"spec": {"replicas": replicas}}, content=MERGE)

    # what is removed

    def delete_pod(self, namespace: str, name: str) -> bool:
        """End a pod in its own time; what made it makes another."""
        return self._connection.delete(f"/api/v1/namespaces/{namespace}/pods/{name}")

    def delete_namespace(self, name: str) -> bool:
        """Ask for deletion; it takes as long as finalizers inside take. False where it is absent."""
        return self._connection.delete(f"/api/v1/namespaces/{name}")

    def delete_ingress(self, namespace: str, name: str) -> bool:
        return self._connection.delete(f"{NETWORKING}/namespaces/{namespace}/ingresses/{name}")

    def delete_service_account(self, namespace: str, name: str) -> bool:
        return self._connection.delete(f"/api/v1/namespaces/{namespace}/serviceaccounts/{name}")

    def delete_webhooks(self, name: str) -> bool:
        """Delete the validating and mutating webhook configurations of that name."""
        kinds = ("validatingwebhookconfigurations", "mutatingwebhookconfigurations")
        deleted = [self._connection.delete(f"{ADMISSION}/{kind}/{name}") for kind in kinds]  # both, always
        return any(deleted)

    def delete_definitions(self, group: str) -> tuple[str, ...]:
        """Delete every CustomResourceDefinition of an API group; their names."""
        path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
        items = (self._connection.get(path) or {}).get("items", [])
        names = tuple(item["metadata"]["name"] for item in items if item["spec"]["group"] == group)
        return tuple(name for name in names if self._connection.delete(f"{path}/{name}"))

    def delete_balanced(self, item: LoadBalancerOwner) -> bool:
        """Ask for its deletion: whoever keeps its load balancer removes that first."""
        return self._connection.delete(item.path)

    def strip_finalizers(self, namespace: str = "") -> tuple[str, ...]:
        """Free what only the load balancer controller would free. namespace "" means all. What was freed."""
        return tuple(str(item) for item in finalizers.strip(self._connection, namespace))

    # where an object of any kind lives

    def _path(self, manifest: Mapping[str, Any], namespace: str) -> str:
        version, metadata = manifest["apiVersion"], manifest["metadata"]
        base = f"/apis/{version}" if "/" in version else f"/api/{version}"
        plural, namespaced = self._plural(base, manifest["kind"])
        scope = f"/namespaces/{metadata.get('namespace') or namespace}" if namespaced else ""
        return f"{base}{scope}/{plural}/{metadata['name']}"

    def _plural(self, base: str, kind: str) -> tuple[str, bool]:
        """How the API server calls a kind in its paths. An unknown kind has no objects: 404."""
        if base not in self._plurals:
            resources: list[dict[str, Any]] = (self._connection.get(base) or {}).get("resources", [])
            self._plurals[base] = {
                item["kind"]: (item["name"], bool(item["namespaced"]))
                for item in resources
                if "/" not in item["name"]
            }
        return self._plurals[base].get(kind, (kind.lower() + "s", True))


def _log_path(namespace: str, pod: str) -> str:
    return f"/api/v1/namespaces/{namespace}/pods/{pod}/log"
