"""The server's real process on loopback: it answers, keeps its log clean, and leaves in order."""

from __future__ import annotations

import contextlib
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
    environment = {**os.environ, "PORT": str(port), "EPOCH_REGION": "us-west-2"}
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


def exchanged(url: str, request: bytes) -> bytes:
    """What comes back until the server closes; it must close within the timeout."""
    answer = b""
    with socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])), timeout=10) as connection:
        connection.sendall(request)
        while chunk := connection.recv(65536):
            answer += chunk
    return answer


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"GARBAGE\r\n\r\n", b"400 Bad Request"),
        (b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n", b"400 Bad Request"),
        (
            b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 70_000 + b"\r\n\r\n",
            b"431 Request Header Fields Too Large",
        ),
        (b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", b"431 Request Header Fields Too Large"),
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello", b"405 Method Not Allowed"),
    ],
)
def test_what_cannot_be_served_is_answered_and_closed(
    server: tuple[subprocess.Popen[str], str], request_bytes: bytes, status: bytes
) -> None:
    _, url = server
    assert exchanged(url, request_bytes).startswith(b"HTTP/1.1 " + status)
    assert httpx.get(url).status_code == 200


def test_a_header_without_end_is_cut_off(server: tuple[subprocess.Popen[str], str]) -> None:
    _, url = server
    answer, sent = b"", 0
    with socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])), timeout=10) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nX: ")
        # Closed while we are sending, as it should be; with bytes of ours under way the kernel says reset.
        with contextlib.suppress(OSError):
            while sent < 20_000_000:
                sent += connection.send(b"a" * 16_384)
        with contextlib.suppress(OSError):
            answer = connection.recv(4096)
    assert sent < 20_000_000
    assert not answer or answer.startswith(b"HTTP/1.1 431 ")
    assert httpx.get(url).status_code == 200


def test_a_client_that_never_ends_its_request_is_sent_away(server: tuple[subprocess.Popen[str], str]) -> None:
    _, url = server
    start = time.monotonic()
    with socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])), timeout=40) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n")
        assert connection.recv(4096).startswith(b"HTTP/1.1 408 ")
    assert time.monotonic() - start < 30


def test_a_port_that_cannot_be_meant_is_said() -> None:
    environment = {**os.environ, "PORT": "http"}
    ended = subprocess.run(
        [sys.executable, "-m", "server"], env=environment, capture_output=True, text=True, timeout=20
    )
    assert ended.returncode == 1
    assert ended.stderr == "epoch-server: PORT must be a number from 0 to 65535, not 'http'\n"
