"""Constant load: `python load.py URL RATE STOP_FILE` asks RATE times a second until STOP_FILE exists.

Then it prints what it saw. A program of its own: it runs inside the world. Half of the requests use a new
connection each; the rest share connections that stay open, as browsers' do. Plain sockets: the load must not
be what is slow on a small machine.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import ssl
import sys
import time
from collections import Counter, deque
from pathlib import Path
from urllib.parse import urlsplit

LONGEST = 1500.0  # seconds, whatever happens
TIMEOUT = 15.0

Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Load:
    """What was asked and what went wrong, counted by its words, each with its first second and its last."""

    def __init__(self, url: str) -> None:
        self._host = urlsplit(url).hostname or ""
        self._context = ssl.create_default_context()
        self._kept: deque[Connection] = deque()
        self.sent = 0
        self.slowest = 0.0
        self.failed: Counter[str] = Counter()
        self.first: dict[str, float] = {}
        self.last: dict[str, float] = {}

    async def run(self, rate: float, stop: Path) -> None:
        start, under_way = time.monotonic(), set[asyncio.Task[None]]()
        while not stop.exists() and time.monotonic() - start < LONGEST:
            due = int((time.monotonic() - start) * rate)
            while self.sent < due:
                self.sent += 1
                task = asyncio.create_task(self._ask(self.sent % 2 == 0, start))
                under_way.add(task)
                task.add_done_callback(under_way.discard)
            await asyncio.sleep(0.02)
        await asyncio.gather(*under_way)

    async def _ask(self, keep: bool, start: float) -> None:
        began = time.monotonic()
        try:
            async with asyncio.timeout(TIMEOUT):
                status = await self._exchange(keep)
            problem = "" if status == 200 else str(status)
        except (OSError, TimeoutError, EOFError, ValueError) as error:
            problem = f"{type(error).__name__} {error}"
        self.slowest = max(self.slowest, time.monotonic() - began)
        if problem:
            self.failed[problem] += 1
            self.last[problem] = round(began - start, 1)
            self.first.setdefault(problem, self.last[problem])

    async def _exchange(self, keep: bool) -> int:
        reader, writer = (self._take() if keep else None) or await self._connect()
        status, again = 0, False
        try:
            connection = "keep-alive" if keep else "close"
            writer.write(f"GET / HTTP/1.1\r\nHost: {self._host}\r\nConnection: {connection}\r\n\r\n".encode())
            status, again = await _read_answer(reader)
        finally:
            if keep and again:
                self._kept.append((reader, writer))
            else:
                writer.transport.abort()  # the answer is here; TLS's orderly end would hold memory for long
        return status

    def _take(self) -> Connection | None:
        """A connection that the other side has not ended meanwhile."""
        while self._kept:
            reader, writer = self._kept.pop()
            if not reader.at_eof():
                return reader, writer
            writer.transport.abort()
        return None

    async def _connect(self) -> Connection:
        return await asyncio.open_connection(self._host, 443, ssl=self._context)


async def _read_answer(reader: asyncio.StreamReader) -> tuple[int, bool]:
    """Its status, once its body has arrived, and whether the connection may be used again."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    headers = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if line)
    if "content-length" in headers:
        await reader.readexactly(int(headers["content-length"]))
    else:  # chunked, as the load balancer streams
        while size := int(await reader.readuntil(b"\r\n"), 16):
            await reader.readexactly(size + 2)
        await reader.readexactly(2)
    return int(head.split()[1]), headers.get("connection") != "close"


def take_precedence() -> None:
    """Clients are elsewhere, and not slow because this machine is busy. Only root may."""
    with contextlib.suppress(OSError):
        os.nice(-5)
        Path("/proc/self/autogroup").write_text("-5")


def main(url: str, rate: str, stop: str) -> None:
    take_precedence()
    load = Load(url)
    asyncio.run(load.run(float(rate), Path(stop)))
    result = {
        "sent": load.sent,
        "failed": load.failed,
        "first": load.first,
        "last": load.last,
        "slowest": round(load.slowest, 2),
    }
    sys.stdout.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:4])
