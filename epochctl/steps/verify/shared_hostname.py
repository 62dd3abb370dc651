"""The host name that several regions share, as a client uses it: does it answer, and from which region."""

from __future__ import annotations

import json
from dataclasses import dataclass

from epochctl.command import Command
from epochctl.config.settings import Settings
from epochctl.errors import DeadlineError, VerifyError
from epochctl.net.dns import DnsClient
from epochctl.net.https import Failure, HttpsClient, Response
from epochctl.workflow.step import Context
from epochctl.workflow.waiting import Pending, Ready

DEADLINE = 30.0


@dataclass(frozen=True)
class HostnameAnswer:
    """The answer of a host name. region: as the service names it, "" where it does not."""

    url: str
    address: str
    region: str


class SharedHostname:
    """The shared host name, requested from this machine."""

    def __init__(
        self, settings: Settings, dns: DnsClient | None = None, https: HttpsClient | None = None
    ) -> None:
        self._settings = settings
        self._dns, self._https = dns or DnsClient(), https or HttpsClient()

    def wait_for_answer(self, ctx: Context) -> HostnameAnswer:
        """Wait for an answer and return it. Raises VerifyError where none comes in time."""
        hostname = self._settings.hostname
        try:
            return ctx.wait_for(f"an answer of {hostname}", self._probe, deadline=DEADLINE)
        except DeadlineError as error:
            raise VerifyError(
                f"{hostname} does not answer",
                why=error.why,
                fix=f"{Command('status')}; {Command('diagnose')}",
            ) from error

    def _probe(self) -> Ready[HostnameAnswer] | Pending:
        hostname = self._settings.hostname
        found = self._dns.resolve(hostname)
        if found.status != "found":
            return Pending(f"no address: {found.reason}")
        address, path = found.values[0], probe_path(self._settings)
        answer = self._https.get(hostname, address, path, accept="application/json")
        if isinstance(answer, Failure):
            return Pending(f"{address}: {answer.layer}: {answer.cause}")
        if answer.status != 200:
            return Pending(f"{address}: {path} answers {answer.status}")
        return Ready(
            HostnameAnswer(f"https://{hostname}/", address, responding_region(self._settings, answer))
        )


def probe_path(settings: Settings) -> str:
    """Return a path that the service answers: of a user's own image only the health path is known."""
    return settings.service.health_path if settings.service.image else "/"


def responding_region(settings: Settings, answer: Response) -> str:
    """Return the region in a 200 answer of epochctl's own service, else ""."""
    if settings.service.image or answer.status != 200:
        return ""
    try:
        document = json.loads(answer.body)
    except ValueError:
        return ""
    return str(document.get("region") or "") if isinstance(document, dict) else ""
