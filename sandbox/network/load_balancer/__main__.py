"""The process of the load balancers' data plane. It polls the control API for listeners and reports health.

python -m sandbox.network.load_balancer http://<address of the control API>:<port>
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import sys
from pathlib import Path
from typing import Any

import aiohttp

from sandbox.network.load_balancer.listener import IDLE_SECONDS, Listener
from sandbox.network.load_balancer.target_health import TargetHealthChecks

POLL_SECONDS = 0.25
log = logging.getLogger("balancer")


class DataPlane:
    """Listeners by (balancer ARN, port), kept as the snapshot says."""

    def __init__(self, checks: TargetHealthChecks, session: aiohttp.ClientSession) -> None:
        self._checks = checks
        self._session = session
        self._listeners: dict[tuple[str, int], Listener] = {}

    async def update(self, snapshot: dict[str, Any]) -> None:
        self._checks.update(snapshot["groups"])
        wanted = {
            (balancer["arn"], listener["port"]): (balancer["addresses"], listener)
            for balancer in snapshot["balancers"]
            for listener in balancer["listeners"]
            if listener["protocol"] == "HTTP" or listener["certificates"]
        }
        for key in set(self._listeners) - set(wanted):
            await self._listeners.pop(key).stop()
        for key, (addresses, config) in wanted.items():
            await self._keep(key, addresses, config)

    async def _keep(self, key: tuple[str, int], addresses: list[str], config: dict[str, Any]) -> None:
        present = self._listeners.get(key)
        if present is not None and present.config["certificates"] == config["certificates"]:
            present.config = config
            return
        if present is not None:
            await self._listeners.pop(key).stop()
        listener = Listener(config, self._checks, self._session)
        await listener.start(addresses)
        self._listeners[key] = listener


async def run(control_api: str) -> None:
    connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=IDLE_SECONDS)
    # Separate connections: the control API and health checks must not wait behind traffic.
    async with (
        aiohttp.ClientSession(connector=connector, auto_decompress=False) as traffic,
        aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as control_session,
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True, limit=0)) as probes,
    ):
        checks = TargetHealthChecks(probes)
        plane = DataPlane(checks, traffic)
        while True:
            try:
                async with control_session.get(f"{control_api}/balancers") as response:
                    await plane.update(await response.json())
                async with control_session.post(f"{control_api}/balancers/health", json=checks.report()):
                    pass
            except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
                log.warning("%s: %s", type(error).__name__, error)
            await asyncio.sleep(POLL_SECONDS)


def raise_priority() -> None:
    """AWS's balancers are not slow because our nodes are busy. Root may; an ordinary user's wait.

    Where the kernel groups processes by session, the group's own number counts and not the process'.
    """
    with contextlib.suppress(OSError):
        os.nice(-10)
        Path("/proc/self/autogroup").write_text("-10")


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    raise_priority()
    asyncio.run(run(sys.argv[1]))
