"""Pains 7 and 8: a helm that is killed, and a rollout that the load balancer does not follow.

One world, in order: the first tests look at the first pods.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from crash.killing import everything
from evidence import Evidence
from sandboxed import URL, Sandbox

LABEL = "elbv2.k8s.aws/pod-readiness-gate-inject"


def configure(service: Sandbox, mark: str) -> None:
    """Another revision each time."""
    (service.directory / "epochctl.toml").write_text(f'[service.env]\nMARK = "{mark}"\n')


def kill_while(service: Sandbox, status: str) -> None:
    """kill -9 of `epochctl deploy` and all it started, in the moment when helm has written this status."""
    config = next(service.directory.glob(".epochctl/*/*/*/kubeconfig"))
    words = ("-n", "epoch-production", "get", "secrets", "-l", f"owner=helm,status={status}", "-o", "name")
    words = (*words, "--watch", "--request-timeout=240s")
    watch = service.popen("exec", "--", "kubectl", f"--kubeconfig={config}", *words)
    run = service.popen("exec", "--", str(Path(sys.executable).parent / "epochctl"), "deploy")
    try:
        assert watch.stdout is not None
        assert any(line.startswith("secret/") for line in watch.stdout)
        everything(run.pid)
        run.communicate(timeout=60)
    finally:
        for process in (watch, run):
            process.kill()
    assert f"status={status}" in service.kubectl("get", "secrets", "--show-labels")


def test_the_namespace_was_labelled_before_the_first_pod(service: Sandbox, evidence: Evidence) -> None:
    with evidence(8, "the first install") as row:
        words = ("get", "namespace", "epoch-production", "-o", "json", "--show-managed-fields")
        namespace = json.loads(service.kubectl(*words))["metadata"]
        fields = next(item for item in namespace["managedFields"] if LABEL in json.dumps(item))
        pods = json.loads(service.kubectl("get", "pods", "-o", "json"))["items"]
        assert namespace["labels"][LABEL] == "enabled"
        assert pods
        assert fields["time"] <= min(pod["metadata"]["creationTimestamp"] for pod in pods)
        row.happened = "the label by which pods get their readiness gate was there before any pod"


def test_a_pod_is_ready_when_the_load_balancer_says_so(service: Sandbox, evidence: Evidence) -> None:
    with evidence(8, "the load balancer's health check fails for the new pods") as row:
        configure(service, "unhealthy")
        with service.fault("unhealthy-target", "share=1.0"):
            output = service.epochctl("deploy", code=11)
        assert "its readiness gate waits: target" in output
        why = output[output.index("  why:") :]
        assert "is unhealthy" in why.splitlines()[0], output
        assert "back at revision" in why
        assert service.run("curl", "-sS", URL, seconds=60).strip().isdigit(), "the old ones serve"
        row.happened = "the new pod runs and is not ready; exit code 11 names the target; the old ones serve"


def test_a_killed_upgrade_is_gone_back_from(service: Sandbox, evidence: Evidence) -> None:
    with evidence(7, "kill -9 while helm upgrades") as row:
        configure(service, "killed")
        kill_while(service, "pending-upgrade")
        output = service.epochctl("deploy")
        assert "was left pending-upgrade by a run that was killed: back at revision" in output
        assert "then that helm is taken for dead" not in output, "it is known to be dead: no need to wait"
        row.happened = "deploy again: says that it goes back to the last deployed revision, then deploys"
