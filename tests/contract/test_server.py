"""The server's real process on loopback: it answers, keeps its log clean, and leaves in order."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import httpx
import pytest


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def server() -> Iterator[tuple[subprocess.Popen[str], str]]:
    port = free_port()
    environment = {**os.environ, "PORT": str(port), "REGION": "us-west-2"}
    child = subprocess.Popen(
        [sys.executable, "-m", "server"], env=environment, stdout=subprocess.PIPE, text=True
    )
    url = f"http://127.0.0.1:{port}"
    try:
        await_health(child, url)
        yield child, url
    finally:
        child.kill()
        child.wait()


def await_health(child: subprocess.Popen[str], url: str) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and child.poll() is None:
        try:
            if httpx.get(f"{url}/health").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    pytest.fail(f"the server is not healthy, exit code {child.poll()}")


def test_it_answers_logs_and_leaves(server: tuple[subprocess.Popen[str], str]) -> None:
    child, url = server
    answer = httpx.get(url, headers={"Accept": "application/json"})
    assert abs(answer.json()["epoch"] - time.time()) < 2
    assert answer.json()["region"] == "us-west-2"
    assert "server" not in answer.headers

    child.send_signal(signal.SIGTERM)
    output, _ = child.communicate(timeout=10)
    assert child.returncode == 0
    [line] = output.splitlines()  # the probes of await_health made none
    assert json.loads(line)["path"] == "/"


def test_a_request_under_way_is_answered_after_sigterm(server: tuple[subprocess.Popen[str], str]) -> None:
    child, url = server
    with socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])), timeout=10) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        child.send_signal(signal.SIGTERM)
        assert connection.recv(4096).startswith(b"HTTP/1.1 200")
    assert child.wait(10) == 0


def test_a_port_that_cannot_be_meant_is_said() -> None:
    environment = {**os.environ, "PORT": "http"}
    ended = subprocess.run(
        [sys.executable, "-m", "server"], env=environment, capture_output=True, text=True, timeout=20
    )
    assert ended.returncode == 1
    assert ended.stderr == "epoch-server: PORT must be a number from 0 to 65535, not 'http'\n"
