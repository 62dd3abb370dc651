"""The chart through the real helm: what it renders, and which values it refuses. Needs helm on PATH."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

CHART = Path(__file__).parents[2] / "charts" / "epoch"
VALUES: dict[str, Any] = {
    "image": {
        "repository": "123456789012.dkr.ecr.us-west-2.amazonaws.com/epoch-production",
        "digest": "sha256:" + "0" * 64,
    },
    "hostname": "epoch.example.com",
    "certificateArn": "arn:aws:acm:us-west-2:123456789012:certificate/1",
}


@pytest.fixture(scope="module")
def helm() -> str:
    found = shutil.which("helm")
    assert found is not None, "helm is not on PATH"
    return found


def run(helm: str, *arguments: str, values: dict[str, Any], **more: Any) -> subprocess.CompletedProcess[str]:
    """more: values by dotted key, with two underscores for the dot."""
    argv = [helm, *arguments, str(CHART), "--values", "-"]
    for name, value in more.items():
        argv += ["--set-json", f"{name.replace('__', '.')}={json.dumps(value)}"]
    return subprocess.run(argv, input=json.dumps(values), capture_output=True, text=True, timeout=60)


def render(helm: str, **more: Any) -> dict[str, dict[str, Any]]:
    ended = run(helm, "template", "web", "--namespace", "space", values=VALUES, **more)
    assert ended.returncode == 0, ended.stderr
    return {document["kind"]: document for document in yaml.safe_load_all(ended.stdout) if document}


def refuse(helm: str, **more: Any) -> str:
    ended = run(helm, "template", "web", values=VALUES, **more)
    assert ended.returncode != 0
    return ended.stderr


def test_lint(helm: str) -> None:
    ended = run(helm, "lint", "--strict", values=VALUES)
    assert ended.returncode == 0, ended.stdout


def test_what_it_makes(helm: str) -> None:
    kinds = render(helm)
    assert set(kinds) == {
        "Deployment",
        "Service",
        "Ingress",
        "ServiceAccount",
        "PodDisruptionBudget",
        "NetworkPolicy",
    }
    assert {document["metadata"]["name"] for document in kinds.values()} == {"web"}


def test_only_the_port_of_the_service_is_open(helm: str) -> None:
    policy = render(helm)["NetworkPolicy"]["spec"]
    assert policy["podSelector"] == render(helm)["Deployment"]["spec"]["selector"]
    assert policy["ingress"] == [{"ports": [{"port": "http"}]}]
    assert policy["egress"] == [{}]
    assert render(helm, networkPolicy__egress=False)["NetworkPolicy"]["spec"]["egress"] == []
    assert "NetworkPolicy" not in render(helm, networkPolicy__enabled=False)


def test_an_autoscaler_owns_the_replicas(helm: str) -> None:
    kinds = render(helm, autoscaling__enabled=True, autoscaling__maxReplicas=9, replicas=3)
    scaler = kinds["HorizontalPodAutoscaler"]["spec"]
    assert (scaler["minReplicas"], scaler["maxReplicas"]) == (3, 9)
    assert scaler["scaleTargetRef"] == {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
    assert "replicas" not in kinds["Deployment"]["spec"]
    assert render(helm)["Deployment"]["spec"]["replicas"] == 2


@pytest.mark.parametrize(
    "more", [{"autoscaling__cpuPercent": 0}, {"autoscaling__most": 3}, {"networkPolicy__egress": "dns"}]
)
def test_scaling_and_policy_values_are_checked(helm: str, more: dict[str, Any]) -> None:
    assert "values don't meet the specifications" in refuse(helm, **more)


def test_the_load_balancer_is_asked_for_https(helm: str) -> None:
    ingress = render(helm, drain__deregistrationSeconds=7)["Ingress"]
    told = {key.rpartition("/")[2]: value for key, value in ingress["metadata"]["annotations"].items()}
    assert ingress["spec"]["ingressClassName"] == "alb"
    assert json.loads(told["listen-ports"]) == [{"HTTP": 80}, {"HTTPS": 443}]
    assert (told["ssl-redirect"], told["scheme"], told["target-type"]) == ("443", "internet-facing", "ip")
    assert told["certificate-arn"] == VALUES["certificateArn"]
    assert told["healthcheck-path"] == "/health"
    assert told["target-group-attributes"] == "deregistration_delay.timeout_seconds=7"
    served, asked = ingress["spec"]["rules"]
    assert served["host"] == "epoch.example.com"
    assert "host" not in asked  # Route 53 asks by the load balancer's own name, for the health path alone
    [path] = asked["http"]["paths"]
    assert (path["path"], path["pathType"]) == ("/health", "Exact")
    assert path["backend"] == served["http"]["paths"][0]["backend"]


def test_pods_run_the_digest_and_nothing_that_moves(helm: str) -> None:
    kinds = render(helm, image__tag="v1")
    reference = f"{VALUES['image']['repository']}@{VALUES['image']['digest']}"
    assert kinds["Deployment"]["spec"]["template"]["spec"]["containers"][0]["image"] == reference


def test_pods_are_restricted(helm: str) -> None:
    pod = render(helm)["Deployment"]["spec"]["template"]["spec"]
    [container] = pod["containers"]
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["runAsUser"] == 65532
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert container["securityContext"]["allowPrivilegeEscalation"] is False
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert set(container["resources"]) == {"requests", "limits"}


def test_a_rollout_never_takes_a_pod_before_its_replacement_serves(helm: str) -> None:
    spec = render(helm)["Deployment"]["spec"]
    [container] = spec["template"]["spec"]["containers"]
    assert spec["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
    assert container["lifecycle"]["preStop"] == {"sleep": {"seconds": 15}}
    assert spec["template"]["spec"]["terminationGracePeriodSeconds"] == 45
    assert {
        container[probe]["httpGet"]["path"] for probe in ("startupProbe", "readinessProbe", "livenessProbe")
    } == {"/health"}


def test_settings_reach_the_process(helm: str) -> None:
    deployment = render(
        helm,
        port=9000,
        healthPath="/up",
        region="us-west-2",
        secrets=["one"],
        podAnnotations={"a": "b"},
        replicas=3,
    )["Deployment"]
    [container] = deployment["spec"]["template"]["spec"]["containers"]
    assert {one["name"]: one["value"] for one in container["env"]} == {
        "PORT": "9000", "HEALTH_PATH": "/up", "DRAIN_SECONDS": "20", "EPOCH_REGION": "us-west-2",
    }  # fmt: skip
    assert container["envFrom"] == [{"secretRef": {"name": "one"}}]
    assert container["ports"][0]["containerPort"] == 9000
    assert deployment["spec"]["template"]["metadata"]["annotations"] == {"a": "b"}
    assert deployment["spec"]["replicas"] == 3


def test_selectors_find_the_pods(helm: str) -> None:
    kinds = render(helm)
    labels = kinds["Deployment"]["spec"]["template"]["metadata"]["labels"]
    wanted = kinds["Service"]["spec"]["selector"]
    assert wanted == kinds["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"]
    assert wanted.items() <= labels.items()


def test_the_notes_are_the_url(helm: str) -> None:
    ended = run(helm, "install", "web", "--dry-run=client", values=VALUES)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.rstrip().endswith("NOTES:\nhttps://epoch.example.com/")


@pytest.mark.parametrize(
    ("drain", "word"),
    [
        ({"preStopSeconds": 14}, "preStopSeconds (14)"),
        ({"deregistrationSeconds": 11}, "deregistrationSeconds (11)"),
        ({"graceSeconds": 35}, "graceSeconds (35)"),
        ({"requestTimeoutSeconds": 30}, "requestTimeoutSeconds (30)"),
    ],
)
def test_a_drain_that_drops_requests_is_refused(helm: str, drain: dict[str, int], word: str) -> None:
    said = refuse(helm, **{f"drain__{name}": value for name, value in drain.items()})
    assert word in said
    assert "a rollout drops requests" in said


def test_the_drain_at_its_limits_is_accepted(helm: str) -> None:
    render(
        helm,
        drain={
            "deregistrationSeconds": 0,
            "preStopSeconds": 5,
            "requestTimeoutSeconds": 1,
            "graceSeconds": 7,
        },
    )


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("image__digest", "latest"),
        ("image__digest", ""),
        ("image__repository", "UPPER"),
        ("image__pullPolicy", "Always"),
        ("hostname", "not a name"),
        ("hostname", ""),
        ("certificateArn", "arn:aws:iam::1:role/x"),
        ("port", 0),
        ("port", "8080"),
        ("replicas", -1),
        ("healthPath", "health"),
        ("env", {"PORT": "1"}),
        ("env", {"A": 1}),
        ("env", {"a b": "c"}),
        ("secrets", ["Not_A_Name"]),
        ("resources__limits__memory", "lots"),
        ("resources__limits__gpu", "1"),
        ("drain__deregistrationSeconds", "10"),
        ("drain__seconds", 1),
        ("test__command", []),
        ("ingress", {"enabled": False}),
    ],
)
def test_what_cannot_be_meant_is_refused_by_its_name(helm: str, key: str, value: Any) -> None:
    said = refuse(helm, **{key: value})
    assert "specifications of the schema" in said
    assert key.split("__")[0] in said


def objects(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if schema.get("type") == "object":
        yield schema
    for part in schema.get("properties", {}).values():
        yield from objects(part) if isinstance(part, dict) else ()


def test_the_schema_is_closed_at_every_level_and_knows_every_value() -> None:
    schema = json.loads((CHART / "values.schema.json").read_text())
    assert all("additionalProperties" in part for part in objects(schema))
    # What a person may name freely: annotations, of text only.
    open_ones = [part for part in objects(schema) if part["additionalProperties"] is not False]
    assert [part["additionalProperties"] for part in open_ones] == [{"type": "string"}]
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    assert set(values) == set(schema["properties"]) - {"global"}
