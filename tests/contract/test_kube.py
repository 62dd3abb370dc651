"""Kube's verbs against a real API server."""

from __future__ import annotations

import dataclasses
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from epochctl.errors import ClusterError, CredentialsError
from epochctl.kube import Kube

sys.path.insert(0, str(Path(__file__).parent))
from control_plane import TOKEN, ControlPlane

WEBHOOK = {
    "apiVersion": "admissionregistration.k8s.io/v1",
    "kind": "ValidatingWebhookConfiguration",
    "metadata": {"name": "aws-load-balancer-webhook"},
    "webhooks": [
        {
            "name": "vingress.elbv2.k8s.aws",
            "clientConfig": {"service": {"name": "dead", "namespace": "kube-system", "path": "/"}},
            "rules": [
                {
                    "apiGroups": ["networking.k8s.io"],
                    "apiVersions": ["v1"],
                    "operations": ["CREATE", "UPDATE"],
                    "resources": ["ingresses"],
                }
            ],
            "sideEffects": "None",
            "admissionReviewVersions": ["v1"],
        }
    ],
}
INGRESS = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": "Ingress",
    "metadata": {"name": "web", "finalizers": ["ingress.k8s.aws/resources", "example.com/theirs"]},
    "spec": {"defaultBackend": {"service": {"name": "web", "port": {"number": 80}}}},
}


@pytest.fixture(scope="module")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    started = ControlPlane(tmp_path_factory.mktemp("plane")).start()
    yield started
    started.stop()


@pytest.fixture
def kube(plane: ControlPlane) -> Kube:
    return Kube(plane, lambda: TOKEN)


def test_it_answers_and_absent_things_are_answers(kube: Kube) -> None:
    assert kube.is_ready()
    assert kube.pods("nowhere") == ()
    assert kube.deployment("nowhere", "x") is None
    assert kube.ingress("nowhere", "x") is None
    assert kube.ready_endpoints("nowhere", "x") == ()
    assert kube.target_groups("nowhere") == ()
    assert kube.role_of("nowhere", "x") is None
    assert kube.logs("nowhere", "x") == ()
    assert not kube.delete_namespace("nowhere")
    assert kube.remove_finalizers() == ()


def test_a_command_in_a_pod_that_is_not_there_is_refused_over_the_websocket(kube: Kube) -> None:
    with pytest.raises(ClusterError) as caught:
        kube.execute("default", "gone", "service", ["true"], stdin=True, tty=False)
    assert 'pods "gone" not found' in caught.value.why


def test_a_stranger_may_not_run_a_command(plane: ControlPlane) -> None:
    with pytest.raises(CredentialsError):
        Kube(plane, lambda: "wrong").execute("default", "gone", "service", ["true"], stdin=True, tty=False)


def test_a_namespace_is_made_once_and_known_as_ours(kube: Kube) -> None:
    labels = {"elbv2.k8s.aws/pod-readiness-gate-inject": "enabled"}
    assert kube.ensure_namespace("ours", labels)
    assert not kube.ensure_namespace("ours", labels)
    assert kube.is_managed("ours")
    assert kube.ensure_namespace("default", labels), "labels are added to a namespace of others"
    assert not kube.is_managed("default"), "but it does not become ours"


def test_a_dead_webhook_is_named_and_freeing_goes_round_it(kube: Kube) -> None:
    kube.ensure_namespace("held", {})
    assert kube.dry_run_ingress("held") == ""
    kube.apply(INGRESS, "held")
    assert kube.dry_run_ingress("held") == ""
    assert len(kube.ingresses("held")) == 1, "a dry run keeps nothing"
    kube.apply(WEBHOOK)
    end = time.monotonic() + 30  # the API server learns of a webhook by watching, like everybody
    while not (refusal := kube.dry_run_ingress("held")) and time.monotonic() < end:
        time.sleep(0.1)
    assert "vingress.elbv2.k8s.aws" in refusal
    kube.delete_ingress("held", "web")
    assert kube.delete_webhooks("aws-load-balancer-webhook")
    assert kube.remove_finalizers("held") == ("Ingress held/web",)
    left = kube.ingress("held", "web")
    assert left is not None
    assert left.finalizers == ("example.com/theirs",), "a finalizer of others is not ours to remove"


def test_missing_objects_are_found_by_their_manifests(kube: Kube) -> None:
    manifests = [
        {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "gone"}},
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "default"}},
        {"apiVersion": "unknown.example/v1", "kind": "Thing", "metadata": {"name": "odd"}},
    ]
    assert kube.missing(manifests, "default") == ("Service/gone", "Thing/odd")


def test_a_stranger_and_a_silent_cluster_are_told_apart(plane: ControlPlane) -> None:
    with pytest.raises(CredentialsError):
        Kube(plane, lambda: "wrong").pods("default")
    silent = dataclasses.replace(plane, endpoint="https://127.0.0.1:9", parts=[])
    with pytest.raises(ClusterError, match="does not answer") as caught:
        Kube(silent, lambda: TOKEN).pods("default")
    assert caught.value.why == "https://127.0.0.1:9: Connection refused"


def test_a_server_with_another_certificate_is_not_trusted(plane: ControlPlane, tmp_path: Path) -> None:
    import subprocess

    made = tmp_path / "other.pem"
    argv = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=other"]
    argv += ["-keyout", str(tmp_path / "k"), "-out", str(made)]
    subprocess.run(argv, check=True, capture_output=True)
    other = dataclasses.replace(plane, ca_pem=made.read_text(), parts=[])
    with pytest.raises(ClusterError):
        Kube(other, lambda: TOKEN).is_ready()
