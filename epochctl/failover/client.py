"""A client that asks https://HOSTNAME/ once a second through this machine's resolver, and keeps every second.

Each request has a thread of its own: one that hangs does not make the next one late. Knows nothing of drills.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from epochctl.config.settings import Settings
from epochctl.failover.dns_answers import DnsAnswers
from epochctl.net.dns import DnsClient
from epochctl.net.https import Failure, HttpsClient
from epochctl.steps.verify.shared_hostname import asked, said

INTERVAL = 1.0
LONGEST = 3600  # seconds that it asks for at most


@dataclass(frozen=True)
class ProbeSecond:
    """One request. at: seconds since the client began; region: who answered, "" for nobody.

    status: of http, 0 without an answer; cause: why there was none.
    """

    at: float
    region: str
    status: int
    seconds: float
    cause: str = ""

    @property
    def good(self) -> bool:
        return 200 <= self.status < 300


class ProbeClient:
    """Begins with `start`, ends with `stop`; what it has seen so far may be read at any time."""

    def __init__(
        self,
        settings: Settings,
        answers: DnsAnswers,
        *,
        names: DnsClient | None = None,
        https: HttpsClient | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings, self._answers = settings, answers
        self._names, self._https = names or DnsClient(), https or HttpsClient()
        self._now, self._began = now, now()
        self._seen: dict[int, ProbeSecond] = {}
        self._lock, self._ended = threading.Lock(), threading.Event()

    def start(self) -> None:
        """From now on."""
        self._began = self._now()
        threading.Thread(target=self._ask_on, name="client", daemon=True).start()

    def stop(self) -> tuple[ProbeSecond, ...]:
        """Everything. Requests that are still under way are nobody's any more."""
        self._ended.set()
        return self.seen()

    def now(self) -> float:
        """Seconds since it began."""
        return self._now() - self._began

    def seen(self) -> tuple[ProbeSecond, ...]:
        """In the order of asking, as far as they have been answered without a gap."""
        with self._lock:
            count = 0
            while count in self._seen:
                count += 1
            return tuple(self._seen[index] for index in range(count))

    def ask(self, at: float) -> ProbeSecond:
        """One request, as a program on this machine would make it."""
        start = self._now()
        hostname = self._settings.hostname
        found = self._names.resolve(hostname)
        address = next((each for each in found.values if ":" not in each), "")
        if not address:
            return ProbeSecond(at, "", 0, self._now() - start, f"no address: {found.reason or found.status}")
        answer = self._https.get(hostname, address, asked(self._settings), accept="application/json")
        took = self._now() - start
        if isinstance(answer, Failure):
            return ProbeSecond(at, "", 0, took, f"{answer.layer}: {answer.cause}")
        region = said(self._settings, answer) or self._answers.region_of(address)
        cause = "" if answer.status < 300 else f"answers {answer.status}"
        return ProbeSecond(at, region, answer.status, took, cause)

    def _ask_on(self) -> None:
        for index in range(LONGEST):
            late = self._began + index * INTERVAL - self._now()
            if self._ended.wait(max(0.0, late)):
                return
            threading.Thread(target=self._keep, args=(index,), name="request", daemon=True).start()

    def _keep(self, index: int) -> None:
        try:
            second = self.ask(index * INTERVAL)
        except Exception as error:  # a second that is not kept would hide all after it
            second = ProbeSecond(index * INTERVAL, "", 0, 0.0, f"{type(error).__name__}: {error}")
        with self._lock:
            self._seen[index] = second
