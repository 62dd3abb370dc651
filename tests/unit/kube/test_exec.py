"""A command in a pod: its streams apart, its exit code, what the runtime says when there is no program."""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from urllib.parse import parse_qsl, urlsplit

import pytest
import websocket
from websockets.sync.server import ServerConnection, serve

from epochctl.errors import ClusterError
from epochctl.kube import ExecSession, Kube
from epochctl.kube.connection import Connection
from epochctl.kube.exec import exit_status

V5, V4 = "v5.channel.k8s.io", "v4.channel.k8s.io"


class Pod:
    """The API server's side of a command: sends frames, keeps what it is sent."""

    def __init__(self, *frames: bytes, wait: int = 0) -> None:
        self.frames, self.wait = frames, wait
        self.path = ""
        self.received: list[bytes] = []

    def __call__(self, connection: ServerConnection) -> None:
        assert connection.request is not None
        self.path = connection.request.path
        for _ in range(self.wait):
            self.received.append(bytes(connection.recv()))
        for frame in self.frames:
            connection.send(frame)


@contextmanager
def running(pod: Callable[[ServerConnection], None], protocol: str = V5) -> Iterator[ExecSession]:
    with serve(pod, "127.0.0.1", 0, subprotocols=[protocol]) as server:  # type: ignore[list-item]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        endpoint = f"http://127.0.0.1:{server.socket.getsockname()[1]}"
        kube = Kube(SimpleNamespace(name="demo", endpoint=endpoint, ca_pem=""), lambda: "token")
        session = kube.execute("space", "web", "service", ["ls", "-l"], stdin=True, tty=False)
        try:
            yield session
        finally:
            session.close()


def failure(message: str, code: str) -> bytes:
    causes = [{"reason": "ExitCode", "message": code}]
    status = {
        "status": "Failure",
        "message": message,
        "reason": "NonZeroExitCode",
        "details": {"causes": causes},
    }
    return json.dumps(status).encode()


def test_streams_and_exit_code() -> None:
    pod = Pod(b"\x01", b"\x01out", b"\x02err", b"\x03" + failure("exit code 7", "7"))
    with running(pod) as session:
        assert list(session.output()) == [(1, b"out"), (2, b"err")]
        assert (session.ended.code, session.ended.message) == (7, "exit code 7")
    url = urlsplit(pod.path)
    assert url.path == "/api/v1/namespaces/space/pods/web/exec"
    assert sorted(parse_qsl(url.query)) == [
        ("command", "-l"), ("command", "ls"), ("container", "service"),
        ("stderr", "true"), ("stdin", "true"), ("stdout", "true"), ("tty", "false"),
    ]  # fmt: skip


def test_output_comes_while_the_command_runs() -> None:
    def pod(connection: ServerConnection) -> None:
        connection.send(b"\x01first")
        connection.recv()  # the rest only once the first was seen
        connection.send(b"\x01second")

    with running(pod) as session:
        output = session.output()
        assert next(output) == (1, b"first")
        session.write(b"go on")
        assert list(output) == [(1, b"second")]


def test_success_is_0() -> None:
    assert exit_status(b'{"status": "Success"}').code == 0


def test_no_such_program_is_not_an_exit_code() -> None:
    message = 'exec failed: exec: "sh": executable file not found in $PATH'
    for status in (failure(message, "128"), json.dumps({"status": "Failure", "message": message}).encode()):
        ended = exit_status(status)
        assert (ended.code, ended.absent) == (None, True)


def test_a_lost_connection_is_not_a_success() -> None:
    with running(Pod(b"\x01half")) as session:
        assert list(session.output()) == [(1, b"half")]
        assert (session.ended.code, session.ended.absent) == (None, False)


class SilentSocket:
    """Times out once, gives one frame, and is gone."""

    def __init__(self) -> None:
        lost = websocket.WebSocketConnectionClosedException()
        late = (websocket.ABNF.OPCODE_BINARY, b"\x01late")
        self.answers = [websocket.WebSocketTimeoutException(), late, lost]
        self.timeout, self.pings = 0.0, 0

    def settimeout(self, seconds: float) -> None:
        self.timeout = seconds

    def recv_data(self) -> tuple[int, bytes]:
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def ping(self) -> None:
        self.pings += 1


def test_a_silent_command_is_kept_alive() -> None:
    socket = SilentSocket()
    assert list(ExecSession(SimpleNamespace(sock=socket)).output()) == [(1, b"late")]
    assert (socket.timeout, socket.pings) == (30, 1)


def test_input_its_end_and_the_terminals_size() -> None:
    pod = Pod(wait=3)
    with running(pod) as session:
        session.write(b"hello")
        session.close_input()
        session.resize(80, 24)
        assert list(session.output()) == []
        session.write(b"too late")
    assert pod.received == [b"\x00hello", b"\xff\x00", b'\x04{"Width": 80, "Height": 24}']


def test_v4_cannot_tell_the_end_of_input() -> None:
    pod = Pod(wait=1)
    with running(pod, V4) as session:
        session.close_input()
        session.write(b"last")
        assert list(session.output()) == []
    assert pod.received == [b"\x00last"]


def test_a_server_that_never_answers_is_given_up() -> None:
    with socketserver.TCPServer(("127.0.0.1", 0), socketserver.BaseRequestHandler) as silent:
        access = SimpleNamespace(
            name="demo", endpoint=f"http://127.0.0.1:{silent.server_address[1]}", ca_pem=""
        )
        with pytest.raises(ClusterError) as caught:
            Connection(access, str, timeout=(0.1, 0.1)).execute(
                "space", "web", "service", [], stdin=True, tty=True
            )
    assert caught.value.why.endswith("timed out")
