"""Health checkers of Route 53: each check is probed from several regions, with an interval and thresholds."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sandbox.moto_patches.route53_health_checks import PROBED, Observation, all_checks
from sandbox.network.health_probe import ProbeTarget, probe

CHECKER_REGIONS = {"us-east-1": "15.177.2.1", "us-west-2": "15.177.6.1", "eu-west-1": "15.177.10.1"}
"""The default regions of checkers (AWS has eight), and the addresses they report."""

HEALTHY_SHARE = 0.18  # of the checkers: an endpoint is healthy when more than these say so
POLL_SECONDS = 0.5
log = logging.getLogger("checkers")
Resolve = Callable[[str], tuple[str, ...]]


@dataclass
class Checker:
    """One place's view of one check. healthy: None until a threshold has been reached."""

    region: str
    due: float
    healthy: bool | None = None
    successes: int = 0
    failures: int = 0
    observation: Observation | None = None

    def record(self, healthy: bool, status: str, threshold: int) -> None:
        self.successes = self.successes + 1 if healthy else 0
        self.failures = 0 if healthy else self.failures + 1
        if self.successes >= threshold:
            self.healthy = True
        elif self.failures >= threshold:
            self.healthy = False
        address = CHECKER_REGIONS.get(self.region, "15.177.62.1")
        self.observation = Observation(self.region, address, status, datetime.now(UTC).replace(tzinfo=None))


@dataclass
class MonitoredCheck:
    """A check under watch."""

    checkers: list[Checker]
    running: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def healthy(self) -> bool:
        """A checker that has not decided yet takes the endpoint to be healthy."""
        good = [each for each in self.checkers if each.healthy is not False]
        return len(good) > HEALTHY_SHARE * len(self.checkers)


class HealthCheckers:
    """Probes whatever health checks the account has, from a thread of its own."""

    def __init__(self, resolve: Resolve) -> None:
        """resolve: the addresses of a name, as the zone's own servers tell them."""
        self._resolve = resolve
        self._monitored: dict[str, MonitoredCheck] = {}

    def start(self) -> None:
        threading.Thread(target=asyncio.run, args=(self._run(),), name="checkers", daemon=True).start()

    def is_passing(self, identifier: str) -> bool:
        """Whether the check lets records answer. A disabled one counts as healthy; inverting comes last."""
        check = next((each for each in all_checks() if each.id == identifier), None)
        if check is None:
            return True
        monitored = self._monitored.get(identifier)
        healthy = check.disabled or monitored is None or monitored.healthy
        return bool(healthy) != bool(check.inverted)

    def observations(self, identifier: str) -> list[Observation]:
        """The last of each checker; none of a check that is not probed."""
        monitored = self._monitored.get(identifier)
        found = [each.observation for each in monitored.checkers] if monitored else []
        return [observation for observation in found if observation is not None]

    async def _run(self) -> None:
        while True:
            try:
                self._follow()
            except Exception:  # an unreadable check must not end the others
                log.exception("health checks")
            await asyncio.sleep(POLL_SECONDS)

    def _follow(self) -> None:
        checks = {each.id: each for each in all_checks() if each.type_ in PROBED and not each.disabled}
        for gone in set(self._monitored) - set(checks):
            del self._monitored[gone]
        for identifier, check in checks.items():
            monitored = self._monitored.get(identifier)
            if monitored is None:
                monitored = self._monitored[identifier] = MonitoredCheck(_checkers(check))
            for checker in monitored.checkers:
                if time.monotonic() >= checker.due:
                    checker.due = time.monotonic() + int(check.request_interval)
                    task = asyncio.create_task(self._probe(check, checker))
                    monitored.running.add(task)
                    task.add_done_callback(monitored.running.discard)

    async def _probe(self, check: Any, checker: Checker) -> None:
        threshold = int(check.failure_threshold)
        addresses = (check.ip_address,) if check.ip_address else self._resolve(check.fqdn or "")
        if not addresses:
            checker.record(False, "Failure: DNS resolution failed: the name has no IPv4 address", threshold)
            return
        https = str(check.type_).startswith("HTTPS")
        target = ProbeTarget(
            id=check.id,
            kind=str(check.type_),
            address=addresses[checker.successes % len(addresses)],
            port=int(check.port or (443 if https else 80)),
            name=check.fqdn or "",
            path=check.resource_path or "/",
            search=check.search_string or "",
            sni=bool(check.enable_sni),
        )
        checker.record(*await probe(target), threshold)


def _checkers(check: Any) -> list[Checker]:
    """One for each place, spread over the interval: they do not wait for one another."""
    regions = check.regions or list(CHECKER_REGIONS)
    step = int(check.request_interval) / len(regions)
    return [Checker(region, time.monotonic() + index * step) for index, region in enumerate(regions)]
