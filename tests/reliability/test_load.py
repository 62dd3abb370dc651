"""No request is lost: constant load through the load balancer while the service is changed in every way.

The load goes on for as long as its least number of requests takes: seven minutes, and longer on a machine
that is slow at the changes.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sandboxed
from evidence import Evidence
from sandboxed import URL, Sandbox

pytestmark = pytest.mark.timeout(1800)  # the load ends itself before

RATE = 50  # requests a second: what the sandbox's load balancer carries on two busy cores
LOAD = Path(sandboxed.__file__).with_name("load.py")
LEAST = 20_000
SETTINGS = 'hostname = "epoch.sandbox.test"\n[service]\nreplicas = {}\n'
WAIT = "--timeout=110s"
# Among the world's own processes: it sees no others.
KILL = """
import os, pathlib, signal
for folder in sorted(pathlib.Path("/proc").glob("[0-9]*")):
    try:
        words = (folder / "cmdline").read_bytes().split(b"\\0")
    except OSError:
        continue
    if words[-3:-1] == [b"-m", b"server"]:
        os.kill(int(folder.name), signal.SIGKILL)
        break
else:
    raise SystemExit("no server found")
"""


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
        stop.touch()
        program.kill()


def deploy(sandbox: Sandbox, replicas: int, changed: str = "") -> None:
    (sandbox.directory / "epochctl.toml").write_text(SETTINGS.format(replicas) + changed)
    sandbox.epochctl("deploy", seconds=600)


def pods(sandbox: Sandbox) -> list[str]:
    return sandbox.kubectl("get", "pods", "-o", "name", "-l", "app.kubernetes.io/instance=epoch").split()


def await_pods(sandbox: Sandbox) -> None:
    """Every pod ready, readiness gate of the load balancer included."""
    sandbox.kubectl("rollout", "status", "deployment/epoch", WAIT)


def delete_pod(sandbox: Sandbox) -> None:
    sandbox.kubectl("delete", pods(sandbox)[0])
    await_pods(sandbox)


def drain_node(sandbox: Sandbox) -> None:
    node = sandbox.kubectl("get", "nodes", "-o", "name").split()[0]
    sandbox.kubectl("drain", node, "--ignore-daemonsets", "--delete-emptydir-data", WAIT)
    await_pods(sandbox)
    sandbox.kubectl("uncordon", node)


CHANGES: dict[str, Callable[[Sandbox], None]] = {
    "a rolling update": lambda sandbox: deploy(sandbox, 2, '[service.env]\nMARK = "second"\n'),
    "a rollback": lambda sandbox: sandbox.epochctl("rollback", "--yes", seconds=600) and None,
    "a pod deleted": delete_pod,
    "a node drained": drain_node,
    "scaled from 2 to 6": lambda sandbox: deploy(sandbox, 6),
    "and back": lambda sandbox: deploy(sandbox, 2),
}


def test_no_request_is_lost_while_the_service_changes(service: Sandbox, evidence: Evidence) -> None:
    with evidence(8, f"{', '.join(CHANGES)}, under {RATE} requests a second") as row, load(service) as seen:
        start, began = time.monotonic(), {}
        for name, change in CHANGES.items():
            began[name] = round(time.monotonic() - start, 1)
            change(service)
        began["the end"] = round(time.monotonic() - start, 1)
        time.sleep(max(0.0, LEAST / RATE - began["the end"]) + 5)
        result = seen()
        assert result["failed"] == {}, (result, began)
        assert result["sent"] >= LEAST, (result, began)
        row.happened = f"0 of {result['sent']} requests failed; the slowest took {result['slowest']} s"


def kill_server(sandbox: Sandbox) -> None:
    """kill -9 of one pod's server, as the kernel does it where memory is short: no preStop, no drain."""
    sandbox.run(sys.executable, "-c", KILL)


def test_a_server_killed_hard_loses_only_what_met_it(service: Sandbox, evidence: Evidence) -> None:
    with (
        evidence(
            "no request lost but those that met a killed server", "kill -9 of a pod's server under load"
        ) as row,
        load(service) as seen,
    ):
        time.sleep(5)
        kill_server(service)
        time.sleep(20)
        result = seen()
        lost = sum(result["failed"].values())
        # Until another server listens there, or its target is found unhealthy (2 checks 5 s apart), every
        # second request meets nobody. A load balancer does not ask twice.
        assert lost <= RATE / 2 * 10, result
        lasted = max(result["last"].values(), default=0) - min(result["first"].values(), default=0)
        assert lasted < 15, result
        row.happened = (
            f"{lost} of {result['sent']} requests failed, within {lasted:.1f} s: {result['failed']}"
        )
