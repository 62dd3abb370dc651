"""No request is lost: constant load through the load balancer while the service is changed in every way."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sandboxed
from evidence import Evidence
from sandboxed import URL, Sandbox

RATE = 100  # requests a second
LOAD = Path(sandboxed.__file__).with_name("load.py")
LEAST = 20_000
SETTINGS = (
    'hostname = "epoch.sandbox.test"\n[service]\nreplicas = {replicas}\n[service.env]\nMARK = "{mark}"\n'
)


@contextmanager
def load(sandbox: Sandbox) -> Iterator[Callable[[], dict[str, Any]]]:
    """Load while the block runs; what it gives ends the load and tells what was seen."""
    stop = sandbox.directory / "stop"
    stop.unlink(missing_ok=True)
    program = sandbox.popen("exec", "--", sys.executable, str(LOAD), URL, str(RATE), str(stop))

    def seen() -> dict[str, Any]:
        stop.touch()
        output, _ = program.communicate(timeout=60)
        return dict(json.loads(output.splitlines()[-1]))

    try:
        yield seen
    finally:
        program.kill()


def deploy(sandbox: Sandbox, replicas: int, mark: str) -> None:
    (sandbox.directory / "epochctl.toml").write_text(SETTINGS.format(replicas=replicas, mark=mark))
    sandbox.epochctl("deploy")


def pods(sandbox: Sandbox) -> list[str]:
    return sandbox.kubectl("get", "pods", "-o", "name", "-l", "app.kubernetes.io/instance=epoch").split()


def await_pods(sandbox: Sandbox) -> None:
    """Every pod ready, readiness gate of the load balancer included."""
    sandbox.kubectl("rollout", "status", "deployment/epoch", "--timeout=100s")


def change_everything(sandbox: Sandbox) -> None:
    deploy(sandbox, 2, "second")
    sandbox.epochctl("rollback", "--yes")
    sandbox.kubectl("delete", pods(sandbox)[0])
    await_pods(sandbox)
    node = sandbox.kubectl("get", "nodes", "-o", "name").split()[0]
    sandbox.kubectl("drain", node, "--ignore-daemonsets", "--delete-emptydir-data", "--timeout=100s")
    await_pods(sandbox)
    sandbox.kubectl("uncordon", node)
    deploy(sandbox, 6, "third")
    deploy(sandbox, 2, "third")


def test_no_request_is_lost_while_the_service_changes(service: Sandbox, evidence: Evidence) -> None:
    changes = "a rolling update, a rollback, a pod deleted, a node drained, scaled from 2 to 6 and back"
    with evidence(8, f"{changes}, under {RATE} requests a second") as row, load(service) as seen:
        start = time.monotonic()
        change_everything(service)
        time.sleep(max(0.0, LEAST / RATE - (time.monotonic() - start)) + 1)
        result = seen()
        assert result["failed"] == {}, result
        assert result["sent"] >= LEAST
        row.happened = f"0 of {result['sent']} requests failed; the slowest took {result['slowest']} s"


def test_a_pod_killed_hard_loses_at_most_what_was_in_flight(service: Sandbox, evidence: Evidence) -> None:
    with evidence("hard kill", "kill -9 of a pod's server under load") as row, load(service) as seen:
        time.sleep(5)
        service.kubectl("delete", pods(service)[0], "--force", "--grace-period=0")
        time.sleep(20)
        result = seen()
        lost = sum(result["failed"].values())
        # Until its targets are found unhealthy (2 checks 5 s apart) half of the requests meet the dead pod.
        assert lost <= RATE * 15 / 2, result
        row.happened = f"{lost} of {result['sent']} requests failed: {dict(result['failed'])}"
