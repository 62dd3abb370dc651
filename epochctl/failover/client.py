"""A client that requests https://HOSTNAME/ once a second through this machine's resolver.

Each request has a thread of its own, so that one that hangs does not delay the next.
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
MAX_REQUESTS = 3600


@dataclass(frozen=True)
class Probe:
    """One request.

    at: seconds since the client began; region: the one that answered, "" for none; status: the HTTP status,
    0 without an answer; seconds: how long it took; cause: why it failed.
    """

    at: float
    region: str
    status: int
    seconds: float
    cause: str = ""

    @property
    def is_ok(self) -> bool:
        """Return whether the answer has a 2xx status."""
        return 200 <= self.status < 300


class ProbeClient:
    """Sends requests from `start` until `stop`. `probes` may be read at any time."""

    def __init__(
        self,
        settings: Settings,
        answers: DnsAnswers,
        *,
        dns: DnsClient | None = None,
        https: HttpsClient | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings, self._answers = settings, answers
        self._dns, self._https = dns or DnsClient(), https or HttpsClient()
        self._now, self._began = now, now()
        self._probes: dict[int, Probe] = {}
        self._lock, self._ended = threading.Lock(), threading.Event()

    def start(self) -> None:
        """Start to send requests."""
        self._began = self._now()
        threading.Thread(target=self._run, name="client", daemon=True).start()

    def stop(self) -> tuple[Probe, ...]:
        """Stop and return all probes. Requests that have no answer yet are dropped."""
        self._ended.set()
        return self.probes()

    def now(self) -> float:
        """Return the seconds since the start."""
        return self._now() - self._began

    def probes(self) -> tuple[Probe, ...]:
        """Return the probes in the order of their start, up to the first that has no answer yet."""
        with self._lock:
            count = 0
            while count in self._probes:
                count += 1
            return tuple(self._probes[index] for index in range(count))

    def probe(self, at: float) -> Probe:
        """Send one request, as any program on this machine would."""
        start = self._now()
        hostname = self._settings.hostname
        found = self._dns.resolve(hostname)
        address = next((each for each in found.values if ":" not in each), "")
        if not address:
            return Probe(at, "", 0, self._now() - start, f"no address: {found.reason or found.status}")
        answer = self._https.get(hostname, address, asked(self._settings), accept="application/json")
        seconds = self._now() - start
        if isinstance(answer, Failure):
            return Probe(at, "", 0, seconds, f"{answer.layer}: {answer.cause}")
        region = said(self._settings, answer) or self._answers.region_of(address)
        cause = "" if answer.status < 300 else f"answers {answer.status}"
        return Probe(at, region, answer.status, seconds, cause)

    def _run(self) -> None:
        for index in range(MAX_REQUESTS):
            pause = self._began + index * INTERVAL - self._now()
            if self._ended.wait(max(0.0, pause)):
                return
            threading.Thread(target=self._record, args=(index,), name="request", daemon=True).start()

    def _record(self, index: int) -> None:
        try:
            probe = self.probe(index * INTERVAL)
        except Exception as error:  # a missing probe would hide all after it
            probe = Probe(index * INTERVAL, "", 0, 0.0, f"{type(error).__name__}: {error}")
        with self._lock:
            self._probes[index] = probe
