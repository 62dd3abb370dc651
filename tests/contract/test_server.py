"""The server's real process on loopback: it answers, keeps its log clean, and leaves in order."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def server() -> Iterator[tuple[subprocess.Popen[str], str]]:
    with running("-m", "server") as found:
        yield found


@contextmanager
def running(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run the server and yield its process and its address."""
    port = free_port()
    environment = {**os.environ, "PORT": str(port), "EPOCH_REGION": "us-west-2"}
    child = subprocess.Popen([sys.executable, *arguments], env=environment, stdout=subprocess.PIPE, text=True)
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
    with connect(url) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        child.send_signal(signal.SIGTERM)
        assert connection.recv(4096).startswith(b"HTTP/1.1 200")
    assert child.wait(10) == 0


def connect(url: str) -> socket.socket:
    return socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])), timeout=10)


def exchanged(url: str, *pieces: bytes) -> bytes:
    """What comes back until the server closes; it must close within the timeout."""
    answer = b""
    with connect(url) as connection:
        for piece in pieces:
            connection.sendall(piece)
            time.sleep(0.05)
        while chunk := connection.recv(65536):
            answer += chunk
    return answer


HOST, LAST = b"\r\nHost: a\r\n", b"Connection: close\r\n\r\n"


@pytest.mark.parametrize(
    ("pieces", "statuses"),
    [
        ((b"GET / HTTP/1.1" + HOST + LAST,), [b"200 OK"]),
        ((b"GET / HT", b"TP/1.1" + HOST, b"Connec", b"tion: close\r\n\r\n"), [b"200 OK"]),
        ((b"GET / HTTP/1.0" + HOST + b"\r\n",), [b"200 OK"]),
        ((b"GET /%68ealth?a=b HTTP/1.1" + HOST + LAST,), [b"200 OK"]),
        ((b"GET /%2F?a=b HTTP/1.1" + HOST + LAST,), [b"404 Not Found"]),
        ((b"OPTIONS / HTTP/1.1" + HOST + LAST,), [b"204 No Content"]),
        (
            (b"GET / HTTP/1.1" + HOST + b"\r\n" + b"GET /health HTTP/1.1" + HOST + LAST,),
            [b"200 OK", b"200 OK"],
        ),
        ((b"GET / HTTP/1.1" + HOST + b"Content-Length: 5\r\n\r\nhello",), [b"200 OK"]),
        (
            (b"GET / HTTP/1.1" + HOST + b"Upgrade: websocket\r\nConnection: upgrade, close\r\n\r\n",),
            [b"200 OK"],
        ),
        (
            (b"GET / HTTP/1.1" + HOST, *(b"X: " + b"a" * 990 + b"\r\n" for _ in range(60)), LAST),
            [b"200 OK"],
        ),
    ],
)
def test_requests_are_answered_however_they_arrive(
    server: tuple[subprocess.Popen[str], str], pieces: tuple[bytes, ...], statuses: list[bytes]
) -> None:
    _, url = server
    answer = exchanged(url, *pieces)
    assert re.findall(rb"HTTP/1\.1 (\d+ [^\r]+)\r\n", answer) == statuses


def test_head_has_no_body(server: tuple[subprocess.Popen[str], str]) -> None:
    _, url = server
    head, _, body = exchanged(url, b"HEAD / HTTP/1.1" + HOST + LAST).partition(b"\r\n\r\n")
    assert b"content-length: 11" in head.lower()
    assert body == b""


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"GARBAGE\r\n\r\n", b"400 Bad Request"),
        (b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n", b"400 Bad Request"),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 70_000, b"400 Bad Request"),
        (b"GET /" + b"a" * 70_000, b"400 Bad Request"),
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
    with connect(url) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nX: ")
        # Closed while we are sending, as it should be; with bytes of ours under way the kernel says reset.
        with contextlib.suppress(OSError):
            while sent < 20_000_000:
                sent += connection.send(b"a" * 16_384)
        with contextlib.suppress(OSError):
            answer = connection.recv(4096)
    assert sent < 20_000_000
    assert not answer or answer.startswith(b"HTTP/1.1 400 ")
    assert httpx.get(url).status_code == 200


def test_clients_that_never_end_their_requests_hold_up_neither_others_nor_the_end(
    server: tuple[subprocess.Popen[str], str],
) -> None:
    child, url = server
    with contextlib.ExitStack() as open_connections:
        for begun in (b"", b"GET / HTTP/1.1\r\nHost: a\r\n") * 100:
            open_connections.enter_context(connect(url)).sendall(begun)
        assert httpx.get(url).status_code == 200
        child.send_signal(signal.SIGTERM)
        assert child.wait(5) == 0


def test_too_many_connections_are_refused_until_some_end() -> None:
    few = "import server.__main__ as program; program.MAX_CONNECTIONS = 3; program.main()"
    with running("-c", few) as (_, url):
        with connect(url), connect(url):
            answer = exchanged(url, b"GET / HTTP/1.1" + HOST + b"\r\n")
            assert answer.startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
        time.sleep(0.2)
        assert httpx.get(url).status_code == 200


def test_a_port_that_cannot_be_meant_is_said() -> None:
    environment = {**os.environ, "PORT": "http"}
    ended = subprocess.run(
        [sys.executable, "-m", "server"], env=environment, capture_output=True, text=True, timeout=20
    )
    assert ended.returncode == 1
    assert ended.stderr == "epoch-server: PORT must be a number from 0 to 65535, not 'http'\n"
