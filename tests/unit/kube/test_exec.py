"""A command in a pod: its streams apart, its exit code, what the runtime says when there is no program."""

from __future__ import annotations

import json
from typing import Any

import websocket

from epochctl.kube.exec import ExecSession, ExitStatus, exit_status

BINARY = websocket.ABNF.OPCODE_BINARY


class Socket:
    """Plays frames, then the end; keeps what it is sent."""

    def __init__(self, *frames: Any, protocol: str = "v5.channel.k8s.io") -> None:
        self.frames, self.protocol = list(frames), protocol
        self.sent: list[bytes] = []
        self.pings = 0

    def getsubprotocol(self) -> str:
        return self.protocol

    def recv_data(self) -> tuple[int, bytes]:
        frame = self.frames.pop(0) if self.frames else websocket.WebSocketConnectionClosedException()
        if isinstance(frame, Exception):
            raise frame
        return BINARY, frame

    def send_binary(self, data: bytes) -> None:
        self.sent.append(data)

    def ping(self) -> None:
        self.pings += 1


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
    running = ExecSession(Socket(b"\x01", b"\x01out", b"\x02err", b"\x03" + failure("exit code 7", "7")))
    assert list(running.output()) == [(1, b"out"), (2, b"err")]
    assert running.ended == ExitStatus(7, "exit code 7")


def test_success_is_0() -> None:
    assert exit_status(b'{"status": "Success"}').code == 0


def test_no_such_program_is_not_an_exit_code() -> None:
    message = 'exec failed: exec: "sh": executable file not found in $PATH'
    for told in (failure(message, "128"), json.dumps({"status": "Failure", "message": message}).encode()):
        ended = exit_status(told)
        assert (ended.code, ended.absent) == (None, True)


def test_a_lost_connection_is_not_a_success() -> None:
    running = ExecSession(Socket(b"\x01half"))
    assert list(running.output()) == [(1, b"half")]
    assert (running.ended.code, running.ended.absent) == (None, False)


def test_a_silent_command_is_kept_alive() -> None:
    socket = Socket(websocket.WebSocketTimeoutException(), b"\x01late")
    assert list(ExecSession(socket).output()) == [(1, b"late")]
    assert socket.pings == 1


def test_input_its_end_and_the_terminals_size() -> None:
    socket = Socket()
    running = ExecSession(socket)
    running.write(b"hello")
    running.close_input()
    running.resize(80, 24)
    assert socket.sent == [b"\x00hello", b"\xff\x00", b'\x04{"Width": 80, "Height": 24}']
    old = Socket(protocol="v4.channel.k8s.io")
    ExecSession(old).close_input()
    assert old.sent == [], "v4 has no words for it"
