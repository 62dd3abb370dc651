"""`deploy` with the real chart, helm and API server; a thread plays the pods by writing their status."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from epochctl.aws.elbv2 import Target
from epochctl.config.settings import Settings
from epochctl.errors import CredentialsError, DeployError
from epochctl.kube import Kube
from epochctl.kube.access import Cluster
from epochctl.kube.orphans import OrphanedResources
from epochctl.outputs import Certificate, Infrastructure, LoadBalancerController, PushedImage
from epochctl.steps.deploy import Deploy, chart
from epochctl.steps.deploy.service_release import ServiceRelease
from epochctl.tools.helm import Helm, kubeconfig
from epochctl.tools.helm import client as helm_client
from epochctl.workflow.outputs import Outputs
from epochctl.workflow.step import Context

sys.path.insert(0, str(Path(__file__).parent))
from control_plane import STRATEGIC, TOKEN, ControlPlane

NAMESPACE = "epoch-production"
GOOD, NEXT, BAD = (f"sha256:{mark * 64}" for mark in "abf")
BINDING = {
    "apiVersion": "elbv2.k8s.aws/v1beta1",
    "kind": "TargetGroupBinding",
    "metadata": {"name": "k8s-epoch"},
    "spec": {"targetGroupARN": "arn:tg"},
}
ENDPOINT = {
    "apiVersion": "discovery.k8s.io/v1",
    "kind": "EndpointSlice",
    "metadata": {
        "name": "webhook",
        "labels": {"kubernetes.io/service-name": "aws-load-balancer-webhook-service"},
    },
    "addressType": "IPv4",
    "endpoints": [{"addresses": ["10.0.0.9"], "conditions": {"ready": True}}],
    "ports": [],
}


def definition() -> dict[str, Any]:
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    names = {"kind": "TargetGroupBinding", "plural": "targetgroupbindings", "singular": "targetgroupbinding"}
    version = {"name": "v1beta1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "targetgroupbindings.elbv2.k8s.aws"},
        "spec": {"group": "elbv2.k8s.aws", "names": names, "scope": "Namespaced", "versions": [version]},
    }


class Stage:
    """Plays kubelet and load balancer controller: pods of BAD never start; an Ingress gets an address."""

    def __init__(self, plane: ControlPlane) -> None:
        self.plane, self.ended = plane, threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)

    def run(self) -> None:
        while not self.ended.wait(0.2):
            base = f"/api/v1/namespaces/{NAMESPACE}/pods"
            for index, pod in enumerate((self.plane.send("GET", base) or {}).get("items", [])):
                if pod["metadata"].get("deletionTimestamp") is None:
                    self.write(f"{base}/{pod['metadata']['name']}/status", pod_status(pod, index))
            path = f"/apis/networking.k8s.io/v1/namespaces/{NAMESPACE}/ingresses/epoch"
            if self.plane.send("GET", path):
                balancer = {"ingress": [{"hostname": "k8s-epoch.elb.amazonaws.com"}]}
                self.write(f"{path}/status", {"loadBalancer": balancer})

    def write(self, path: str, status: dict[str, Any]) -> None:
        try:
            self.plane.send("PATCH", path, {"status": status})
        except Exception:  # it went away meanwhile
            return


def pod_status(pod: dict[str, Any], index: int) -> dict[str, Any]:
    image = pod["spec"]["containers"][0]["image"]
    bad = image.endswith(BAD)
    waiting = {"waiting": {"reason": "ImagePullBackOff", "message": f"{image}: not found"}}
    condition = "False" if bad else "True"
    container = {
        "name": "service",
        "image": image,
        "imageID": "" if bad else image,
        "ready": not bad,
        "started": not bad,
        "restartCount": 0,
        "state": waiting if bad else {"running": {"startedAt": "2026-01-01T00:00:00Z"}},
    }
    address = f"10.0.1.{20 + sum(pod['metadata']['name'].encode()) % 200}"
    return {
        "phase": "Pending" if bad else "Running",
        "podIP": address,
        "podIPs": [{"ip": address}],
        "containerStatuses": [container],
        "conditions": [
            {"type": kind, "status": condition, "lastTransitionTime": "2026-01-01T00:00:00Z"}
            for kind in ("ContainersReady", "Ready")
        ],
    }


class Balancers:
    """An Elbv2 whose only target group holds exactly the pods that run."""

    def __init__(self, kube: Kube) -> None:
        self.kube = kube

    def target_health(self, arn: str) -> tuple[Target, ...]:
        pods = [pod for pod in self.kube.pods(NAMESPACE) if pod.ready and not pod.terminating]
        return tuple(Target(pod.address, 8080, "healthy", "", "") for pod in pods)


class QuickClock:
    """Ten seconds in one."""

    def now(self) -> float:
        return time.monotonic() * 10

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds / 10)


@pytest.fixture(scope="module")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    started = ControlPlane(tmp_path_factory.mktemp("plane"), controllers=True).start()
    yield started
    started.stop()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory, plane: ControlPlane) -> Iterator[Cluster]:
    home = tmp_path_factory.mktemp("deploy")
    kube = Kube(plane, lambda: TOKEN)
    credential = {"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential"}
    answer = json.dumps({**credential, "status": {"token": TOKEN}})
    argv = (sys.executable, "-c", f"print('''{answer}''')")
    path = kubeconfig.write(
        home / "kubeconfig", name="c", endpoint=plane.endpoint, ca_pem=plane.ca_pem, argv=argv
    )
    kube.apply(ENDPOINT, "kube-system")
    kube.apply(definition())
    stage = Stage(plane)
    stage.thread.start()
    yield Cluster(plane, kube, Helm(path, home / "helm"))  # type: ignore[arg-type]
    stage.ended.set()
    stage.thread.join(5)


class NoOrphans:
    """Nothing in AWS."""

    def find(self) -> OrphanedResources:
        return OrphanedResources((), (), (), ())


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def step(cluster: Cluster, tmp_path: Path) -> Deploy:
    settings = Settings(hostname="epoch.example.com", directory=tmp_path)
    doubles: dict[str, Any] = {"aws": None, "elbv2": Balancers(cluster.kube), "orphans": NoOrphans()}
    return Deploy(settings, "us-west-2", find_cluster=lambda: cluster, **doubles)


def context(digest: str, said: list[str]) -> Context:
    infra = Infrastructure(
        "us-west-2", "1" * 12, "vpc-1", (), (), "c", "1.35", "n", "amd64", "", "", "", "", ""
    )
    arn = "arn:aws:acm:us-west-2:123456789012:certificate/1"
    outputs = Outputs(
        infra,
        Certificate(arn, "epoch.example.com"),
        LoadBalancerController("v3.2.2", "3.2.2"),
        PushedImage("1.dkr.ecr.us-west-2.amazonaws.com/epoch", digest, "t"),
    )
    return Context("deploy", outputs, lambda event: said.append(str(event)), QuickClock())


def deployed(step: Deploy, cluster: Cluster, digest: str, said: list[str]) -> Any:
    """Apply, with a target group bound as soon as there is a namespace."""
    cluster.kube.ensure_namespace(NAMESPACE, chart.NAMESPACE_LABELS)
    end = time.monotonic() + 20
    while True:
        try:
            cluster.kube.apply(BINDING, NAMESPACE)
            break
        except Exception:
            assert time.monotonic() < end
            time.sleep(0.3)
    return step.apply(context(digest, said))


def test_a_token_spares_helm_the_plugin_of_the_kubeconfig(cluster: Cluster, tmp_path: Path) -> None:
    access: Any = cluster.access
    path = kubeconfig.write(
        tmp_path / "kubeconfig",
        name="c",
        endpoint=access.endpoint,
        ca_pem=access.ca_pem,
        argv=(shutil.which("false") or "",),
    )
    assert Helm(path, tmp_path, token=lambda: TOKEN).release("nothing", NAMESPACE) is None
    with pytest.raises(CredentialsError):
        Helm(path, tmp_path).release("nothing", NAMESPACE)


def test_it_deploys_and_a_second_time_changes_nothing(
    step: Deploy, cluster: Cluster, said: list[str]
) -> None:
    first = deployed(step, cluster, GOOD, said)
    assert first.url == "https://epoch.example.com/"
    assert first.load_balancer == "k8s-epoch.elb.amazonaws.com"
    assert any("https://epoch.example.com/" in line for line in said), "NOTES.txt tells the address"
    seen = step.observe(context(GOOD, said))
    assert seen.changes == ()
    assert seen.output == first
    assert (
        step.discover(replace(context(GOOD, said), outputs=Outputs())) == first
    )  # also where nobody knows what it was made of
    assert step.apply(context(GOOD, said)).revision == first.revision


def test_the_plan_names_what_an_upgrade_changes(step: Deploy, cluster: Cluster, said: list[str]) -> None:
    deployed(step, cluster, GOOD, said)
    assert step.observe(context(NEXT, said)).changes == ("change Deployment/epoch",)


def test_what_somebody_deleted_or_scaled_is_put_right(
    step: Deploy, cluster: Cluster, plane: ControlPlane, said: list[str]
) -> None:
    deployed(step, cluster, GOOD, said)
    apps, net = f"/apis/apps/v1/namespaces/{NAMESPACE}", f"/apis/networking.k8s.io/v1/namespaces/{NAMESPACE}"
    plane.send("DELETE", f"{apps}/deployments/epoch")
    plane.send("DELETE", f"{net}/ingresses/epoch")
    assert set(step.observe(context(GOOD, said)).changes) == {
        "heal: make Deployment/epoch again",
        "heal: make Ingress/epoch again",
    }
    step.apply(context(GOOD, said))
    plane.send("PATCH", f"{apps}/deployments/epoch?fieldManager=kubectl-edit", {"spec": {"replicas": 1}})
    assert step.observe(context(GOOD, said)).changes == ("heal: 2 replicas instead of 1",)
    step.apply(context(GOOD, said))
    assert step.observe(context(GOOD, said)).changes == ()


def test_what_somebody_edited_is_named_and_put_back(
    step: Deploy, cluster: Cluster, plane: ControlPlane, said: list[str]
) -> None:
    """A value changed, a variable added, an annotation changed: as `kubectl edit` does it."""
    deployed(step, cluster, GOOD, said)
    deployment = f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments/epoch"
    ingress = f"/apis/networking.k8s.io/v1/namespaces/{NAMESPACE}/ingresses/epoch"
    before = plane.send("GET", deployment)["spec"]["template"]["spec"]  # type: ignore[index]
    env = [{"name": "PORT", "value": "9999"}, {"name": "DEBUG", "value": "1"}]
    template = {"spec": {"containers": [{"name": "service", "env": env}]}}
    scheme = {"metadata": {"annotations": {"alb.ingress.kubernetes.io/scheme": "internal"}}}
    for path, body in ((deployment, {"spec": {"template": template}}), (ingress, scheme)):
        plane.send("PATCH", f"{path}?fieldManager=kubectl-edit", body, STRATEGIC)
    seen = step.observe(context(GOOD, said)).changes
    assert len(seen) == 2, seen
    assert "Deployment/epoch, changed by kubectl-edit at" in seen[0]
    assert "env[PORT]" in seen[0]
    assert "env[DEBUG]" in seen[0]
    assert "Ingress/epoch, changed" in seen[1]
    step.apply(context(GOOD, said))
    after = plane.send("GET", deployment)["spec"]["template"]["spec"]  # type: ignore[index]
    assert after == before
    assert step.observe(context(GOOD, said)).changes == ()


def test_a_secret_that_changed_makes_other_pods(
    step: Deploy, cluster: Cluster, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def secret(word: str) -> None:
        body = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "app"}, "stringData": {"A": word}}
        cluster.kube.apply(body, NAMESPACE)

    service = step._settings.service.model_copy(update={"secrets": ("app",)})
    monkeypatch.setattr(step, "_settings", step._settings.model_copy(update={"service": service}))
    secret("one")
    deployed(step, cluster, GOOD, said)
    assert step.observe(context(GOOD, said)).changes == ()
    secret("two")
    assert step.observe(context(GOOD, said)).changes == ("change Deployment/epoch",)
    step.apply(context(GOOD, said))
    assert step.observe(context(GOOD, said)).changes == ()


def test_an_image_that_cannot_be_pulled_is_named_and_the_old_revision_serves(
    step: Deploy, cluster: Cluster, said: list[str]
) -> None:
    deployed(step, cluster, GOOD, said)
    with pytest.raises(DeployError) as failure:
        step.apply(context(BAD, said))
    assert "ImagePullBackOff" in failure.value.why
    assert "back at revision" in failure.value.fix
    end = time.monotonic() + 20
    while step.observe(context(GOOD, said)).changes and time.monotonic() < end:
        time.sleep(0.5)
    assert step.observe(context(GOOD, said)).changes == ()


def test_a_pod_that_somebody_gave_another_image_is_replaced_although_it_is_not_ready(
    step: Deploy, cluster: Cluster, plane: ControlPlane, said: list[str]
) -> None:
    deployed(step, cluster, GOOD, said)
    pod = cluster.kube.pods(NAMESPACE)[0].name
    path = f"/api/v1/namespaces/{NAMESPACE}/pods/{pod}"
    image = {"spec": {"containers": [{"name": "service", "image": f"elsewhere.test/other@{BAD}"}]}}
    plane.send("PATCH", path, image, STRATEGIC)
    end = time.monotonic() + 20
    while (live := cluster.kube.deployment(NAMESPACE, "epoch")) and live.complete:
        assert time.monotonic() < end
        time.sleep(0.1)
    named = f"heal: pod {pod} runs {BAD}, pushed was {GOOD}"
    assert [
        line.replace("elsewhere.test/other@", "") for line in step.observe(context(GOOD, said)).changes
    ] == [named]
    step.apply(context(GOOD, said))
    assert any(f"pod {pod} runs" in line and "replaced" in line for line in said)
    assert pod not in {pod.name for pod in cluster.kube.pods(NAMESPACE) if not pod.terminating}


def test_a_killed_helm_is_cleaned_up_after_with_a_line(
    step: Deploy, cluster: Cluster, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = deployed(step, cluster, GOOD, said)
    outputs = context(NEXT, said).outputs
    release = ServiceRelease(cluster, step._settings, "us-west-2")
    values = release.values(outputs.get(Certificate), outputs.get(PushedImage))
    argv = [str(shutil.which("helm")), "upgrade", "epoch", str(chart.DIRECTORY), "-n", NAMESPACE, "--wait"]
    argv += ["--kubeconfig", str(cluster.helm._kubeconfig), "--values", "-"]
    values["replicas"] = 90  # never ready in time: helm waits, and is killed waiting
    killed = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    assert killed.stdin
    killed.stdin.write(json.dumps(values).encode())
    killed.stdin.close()
    end = time.monotonic() + 20
    while (state := cluster.helm.release("epoch", NAMESPACE)) and not state.pending:
        assert time.monotonic() < end
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    assert step.observe(context(GOOD, said)).changes == ("repair release epoch, which is pending-upgrade",)
    monkeypatch.setattr(helm_client, "TIMEOUT", 1.0)
    after = step.apply(context(GOOD, said))
    assert after.revision > before.revision
    assert any(f"back at revision {before.revision}" in line for line in said)


def test_destroy_leaves_nothing_even_without_a_controller(
    step: Deploy, cluster: Cluster, plane: ControlPlane, said: list[str]
) -> None:
    deployed(step, cluster, GOOD, said)
    held = {"metadata": {"finalizers": ["ingress.k8s.aws/resources"]}}
    path = f"/apis/networking.k8s.io/v1/namespaces/{NAMESPACE}/ingresses/epoch"
    plane.send("PATCH", path, held)
    slices = "/apis/discovery.k8s.io/v1/namespaces/kube-system/endpointslices/webhook"
    plane.send("DELETE", slices)
    assert step.destroy(context(GOOD, said)) == ("release epoch", f"namespace {NAMESPACE}")
    assert cluster.kube.namespace(NAMESPACE) is None
    assert any("controller is dead" in line for line in said)
    assert step.destroy(context(GOOD, said)) == ()
    cluster.kube.apply(ENDPOINT, "kube-system")
