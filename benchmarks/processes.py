"""Servers and load on cores of their own: one process on the first core, who asks it on the last.

Loopback only. Knows nothing of what is served.
"""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

CORES = sorted(os.sched_getaffinity(0))
SERVER_CORE, LOAD_CORE = str(CORES[0]), str(CORES[-1])
CONNECTIONS = 32


@dataclass(frozen=True)
class Load:
    """What the load generator saw. Latencies in milliseconds."""

    rate: float
    p50: float
    p99: float
    failed: int


@contextmanager
def serving(argv: Sequence[str], environment: Mapping[str, str]) -> Iterator[tuple[int, int, float]]:
    """A server on a free port: its port, its process id, and the seconds from exec to its first 200."""
    port = _free_port()
    settings = {**os.environ, **environment, "PORT": str(port), "GOMAXPROCS": "1"}
    start = time.perf_counter()
    child = subprocess.Popen(
        [program("taskset"), "-c", SERVER_CORE, *argv],
        env=settings,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        _await_answer(child, port)
        yield port, child.pid, time.perf_counter() - start
    finally:
        os.killpg(child.pid, signal.SIGKILL)  # with its workers, where it has some
        child.wait()


def program(name: str) -> str:
    """Its path, since the server's own PATH may not lead to it. Raises RuntimeError where it is missing."""
    path = shutil.which(name)
    if path is None:
        raise RuntimeError(f"{name} is missing (util-linux, coreutils)")
    return path


def load(bombardier: Path, port: int, seconds: int) -> Load:
    """As many requests as CONNECTIONS make in `seconds`."""
    argv = ["taskset", "-c", LOAD_CORE, str(bombardier), "-c", str(CONNECTIONS), "-d", f"{seconds}s", "-l"]
    argv += ["-p", "r", "-o", "json", f"http://127.0.0.1:{port}/"]
    environment = {**os.environ, "GOMAXPROCS": "1"}
    done = subprocess.run(argv, env=environment, check=True, capture_output=True, timeout=seconds + 30)
    result = json.loads(done.stdout)["result"]
    percentiles = result["latency"]["percentiles"]
    failed = sum(result[key] for key in ("req1xx", "req3xx", "req4xx", "req5xx", "others"))
    rate = result["req2xx"] / result["timeTakenSeconds"]
    return Load(rate, percentiles["50"] / 1000, percentiles["99"] / 1000, failed)


def resident(pid: int) -> float:
    """Megabytes in use now."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGESIZE") / 1e6


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _await_answer(child: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and child.poll() is None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
        try:
            connection.request("GET", "/")
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.001)
        finally:
            connection.close()
    child.kill()
    raise RuntimeError(f"{child.args!r} does not answer: {child.stderr.read() if child.stderr else b''!r}")
