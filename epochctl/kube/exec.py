"""A command in a pod: its three streams over one websocket, and how it ended.

Speaks v5.channel.k8s.io (an end of input can be told) or v4; knows no pod in particular and no terminal.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

STDIN, STDOUT, STDERR, ENDED, RESIZE, CLOSE = 0, 1, 2, 3, 4, 255
PROTOCOLS = ("v5.channel.k8s.io", "v4.channel.k8s.io")


@dataclass(frozen=True)
class ExitStatus:
    """code: what the command ended with; None where it could not be started, message says why."""

    code: int | None
    message: str = ""

    @property
    def absent(self) -> bool:
        """Whether there is no such program in the image."""
        return self.code is None and any(words in self.message for words in ABSENT)


ABSENT = ("executable file not found", "no such file or directory")


class ExecSession:
    """A command under way. socket: a connected websocket."""

    def __init__(self, socket: Any) -> None:
        self._socket = socket
        self.ended = ExitStatus(None, "the connection ended before the command did")

    def output(self) -> Iterator[tuple[int, bytes]]:
        """(STDOUT or STDERR, bytes) as they come; afterwards `ended` says how it ended."""
        while (frame := self._frame()) is not None:
            channel, data = frame[0], frame[1:]
            if channel in (STDOUT, STDERR) and data:
                yield channel, data
            elif channel == ENDED:
                self.ended = exit_status(data)

    def write(self, data: bytes) -> None:
        """Give the command input."""
        self._send(STDIN, data)

    def close_input(self) -> None:
        """Tell it that there is no more input. v4 has no words for that."""
        if self._socket.getsubprotocol() == PROTOCOLS[0]:
            self._send(CLOSE, bytes([STDIN]))

    def resize(self, columns: int, rows: int) -> None:
        """Tell it how large the terminal is."""
        self._send(RESIZE, json.dumps({"Width": columns, "Height": rows}).encode())

    def close(self) -> None:
        self._socket.close()

    def _frame(self) -> bytes | None:
        """The next message; None at the end. A silent one is kept alive: something between may count idle
        seconds."""
        import websocket

        while True:
            try:
                code, data = self._socket.recv_data()
            except websocket.WebSocketTimeoutException:
                self._socket.ping()
                continue
            except (websocket.WebSocketException, OSError):
                return None
            if code == websocket.ABNF.OPCODE_CLOSE:
                return None
            if data:
                return bytes(data)

    def _send(self, channel: int, data: bytes) -> None:
        import websocket

        try:
            self._socket.send_binary(bytes([channel]) + data)
        except (websocket.WebSocketException, OSError):
            return  # it has ended; `output` tells


def exit_status(data: bytes) -> ExitStatus:
    """From the Status object that the API server sends last."""
    status = json.loads(data or b"{}")
    if status.get("status") == "Success":
        return ExitStatus(0)
    causes = (status.get("details") or {}).get("causes") or []
    code = next((cause.get("message", "") for cause in causes if cause.get("reason") == "ExitCode"), "")
    message = str(status.get("message", ""))
    # A program that is not there is told by the container runtime, with a code of the runtime's own.
    if code.isdigit() and not any(words in message for words in ABSENT):
        return ExitStatus(int(code), message)
    return ExitStatus(None, message)
