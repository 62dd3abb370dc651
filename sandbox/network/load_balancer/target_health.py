"""Health checks of registered targets, with the thresholds, reasons and descriptions of ELBv2."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field
from typing import Any

import aiohttp

INITIAL_SECONDS = 1.0  # between checks of a target that is not healthy yet; AWS: the group's interval


@dataclass
class TargetHealth:
    """What is known of one target."""

    state: str = "initial"
    reason: str = "Elb.RegistrationInProgress"
    description: str = "Target registration is in progress"
    successes: int = 0
    failures: int = 0


@dataclass
class MonitoredTarget:
    """A target under watch."""

    health: TargetHealth = field(default_factory=TargetHealth)
    task: asyncio.Task[None] | None = None


class TargetHealthChecks:
    """Keeps a checker running for each (group, target) of the snapshot."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session
        self._monitored: dict[tuple[str, str], MonitoredTarget] = {}
        self._groups: dict[str, Any] = {}

    def update(self, groups: dict[str, Any]) -> None:
        """Start checkers for new targets, end those of targets that are gone."""
        self._groups = groups
        wanted = {(arn, f"{t['id']}:{t['port']}") for arn, group in groups.items() for t in group["targets"]}
        for key in set(self._monitored) - wanted:
            monitored = self._monitored.pop(key)
            if monitored.task:
                monitored.task.cancel()
        for key in wanted - set(self._monitored):
            monitored = self._monitored[key] = MonitoredTarget()
            monitored.task = asyncio.create_task(self._watch(key, monitored.health))

    def healthy(self, arn: str) -> list[str]:
        """Addresses of the group that get requests: the healthy ones, or all where none is (fail open)."""
        targets = [f"{t['id']}:{t['port']}" for t in self._groups.get(arn, {}).get("targets", ())]
        good = [
            t
            for t in targets
            if (arn, t) in self._monitored and self._monitored[arn, t].health.state == "healthy"
        ]
        return good or targets

    def report(self) -> dict[str, dict[str, dict[str, str]]]:
        """State, reason and description by group and target."""
        result: dict[str, dict[str, dict[str, str]]] = {arn: {} for arn in self._groups}
        for (arn, target), monitored in self._monitored.items():
            health = monitored.health
            result.setdefault(arn, {})[target] = {
                "state": health.state,
                "reason": health.reason,
                "description": health.description,
            }
        return result

    async def _watch(self, key: tuple[str, str], health: TargetHealth) -> None:
        while True:
            group = self._groups.get(key[0])
            if group is None:
                return
            problem = await self._check(key[1], group)
            _record(health, problem, group)
            await asyncio.sleep(
                INITIAL_SECONDS if health.state in ("initial", "unhealthy") else group["interval"]
            )

    async def _check(self, target: str, group: dict[str, Any]) -> tuple[str, str] | None:
        if target in group.get("failing", ()):
            return "Target.FailedHealthChecks", "Health checks failed"
        address, _, port = target.partition(":")
        port = port if group["port"] == "traffic-port" else group["port"]
        timeout = aiohttp.ClientTimeout(total=group["timeout"])
        with contextlib.suppress(asyncio.TimeoutError):
            try:
                headers = {"User-Agent": "ELB-HealthChecker/2.0"}
                url = f"http://{address}:{port}{group['path']}"
                async with self._session.get(
                    url, timeout=timeout, headers=headers, allow_redirects=False
                ) as response:
                    if _matches(response.status, group["matcher"]):
                        return None
                    return (
                        "Target.ResponseCodeMismatch",
                        f"Health checks failed with these codes: [{response.status}]",
                    )
            except aiohttp.ClientError:
                return "Target.FailedHealthChecks", "Health checks failed"
        return "Target.Timeout", "Request timed out"


def _matches(status: int, matcher: str) -> bool:
    for part in matcher.split(","):
        low, _, high = part.partition("-")
        if int(low) <= status <= int(high or low):
            return True
    return False


def _record(health: TargetHealth, problem: tuple[str, str] | None, group: dict[str, Any]) -> None:
    """A new target is healthy after one success; later changes need the group's thresholds."""
    if problem is None:
        health.successes, health.failures = health.successes + 1, 0
        if health.state == "initial" or health.successes >= group["healthy"]:
            health.state, health.reason, health.description = "healthy", "", ""
        return
    health.successes, health.failures = 0, health.failures + 1
    if health.failures >= group["unhealthy"]:
        health.state, health.reason, health.description = "unhealthy", *problem
