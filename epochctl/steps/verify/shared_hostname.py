"""The name that several regions share, as a client meets it: does it answer, and from which region.

Each region's own layers are asked by region; here nothing is known of them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from epochctl.config.settings import Settings
from epochctl.errors import DeadlineError, VerifyError
from epochctl.net.dns import DnsClient
from epochctl.net.https import Failure, HttpsClient, Response
from epochctl.workflow.step import Context
from epochctl.workflow.waiting import Pending, Ready

DEADLINE = 30.0


@dataclass(frozen=True)
class HostnameAnswer:
    """region: as the service itself says; "" where it does not, as a service of the user's need not."""

    url: str
    address: str
    region: str


class SharedHostname:
    """One host name, asked from here."""

    def __init__(
        self, settings: Settings, names: DnsClient | None = None, https: HttpsClient | None = None
    ) -> None:
        self._settings = settings
        self._names, self._https = names or DnsClient(), https or HttpsClient()

    def ask(self, ctx: Context) -> HostnameAnswer:
        """Raises VerifyError where nobody answers."""
        hostname = self._settings.hostname
        try:
            return ctx.wait_for(f"an answer of {hostname}", self._probe, deadline=DEADLINE)
        except DeadlineError as error:
            raise VerifyError(
                f"{hostname} does not answer", why=error.why, fix="epochctl status; epochctl diagnose"
            ) from error

    def _probe(self) -> Ready[HostnameAnswer] | Pending:
        hostname = self._settings.hostname
        found = self._names.resolve(hostname)
        if found.status != "found":
            return Pending(f"no address: {found.reason}")
        address, path = found.values[0], asked(self._settings)
        answer = self._https.get(hostname, address, path, accept="application/json")
        if isinstance(answer, Failure):
            return Pending(f"{address}: {answer.layer}: {answer.cause}")
        if answer.status != 200:
            return Pending(f"{address}: {path} answers {answer.status}")
        return Ready(HostnameAnswer(f"https://{hostname}/", address, said(self._settings, answer)))


def asked(settings: Settings) -> str:
    """The path that a client is served: of a service of the user's only its health path is known."""
    return settings.service.health_path if settings.service.image else "/"


def said(settings: Settings, answer: Response) -> str:
    """The region, as our service says it in a good answer; "" where it does not."""
    if settings.service.image or answer.status != 200:
        return ""
    try:
        told = json.loads(answer.body)
    except ValueError:
        return ""
    return str(told.get("region") or "") if isinstance(told, dict) else ""
