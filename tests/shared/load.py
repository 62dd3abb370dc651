"""Constant load: `python load.py URL RATE STOP_FILE` asks RATE times a second until STOP_FILE exists.

Then it prints what it saw. A program of its own: it runs inside the world. Half of the requests use a new
connection each.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import sys
import time
from collections import Counter
from pathlib import Path

import httpx

LONGEST = 900.0  # seconds, whatever happens
TIMEOUT = 15.0


class Load:
    """What was asked and what went wrong, counted by its words; the first of each kind with its second."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._context = ssl.create_default_context()
        self._kept = httpx.AsyncClient(verify=self._context, timeout=TIMEOUT)
        self.sent = 0
        self.slowest = 0.0
        self.failed: Counter[str] = Counter()
        self.first: dict[str, float] = {}

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
        await self._kept.aclose()

    async def _ask(self, keep: bool, start: float) -> None:
        began = time.monotonic()
        try:
            status = await (self._ask_kept() if keep else self._ask_anew())
            problem = "" if status == 200 else str(status)
        except httpx.HTTPError as error:
            problem = f"{type(error).__name__} {error}"
        self.slowest = max(self.slowest, time.monotonic() - began)
        if problem:
            self.failed[problem] += 1
            self.first.setdefault(problem, round(began - start, 1))

    async def _ask_kept(self) -> int:
        return (await self._kept.get(self._url)).status_code

    async def _ask_anew(self) -> int:
        async with httpx.AsyncClient(verify=self._context, timeout=TIMEOUT) as client:
            return (await client.get(self._url)).status_code


def main(url: str, rate: str, stop: str) -> None:
    load = Load(url)
    asyncio.run(load.run(float(rate), Path(stop)))
    result = {
        "sent": load.sent,
        "failed": load.failed,
        "first": load.first,
        "slowest": round(load.slowest, 2),
    }
    sys.stdout.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:4])
