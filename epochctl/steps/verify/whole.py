"""The name that several regions share, as a client meets it: does it answer, and from which region.

Each region's own layers are asked by region; here nothing is known of them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from epochctl.clients.dns import Names
from epochctl.clients.https import Failure, Https, Response
from epochctl.errors import DeadlineError, VerifyError
from epochctl.settings import Settings
from epochctl.workflow.step import Context
from epochctl.workflow.waiting import Pending, Ready

DEADLINE = 30.0


@dataclass(frozen=True)
class Answer:
    """region: as the service itself says; "" where it does not, as a service of the user's need not."""

    url: str
    address: str
    region: str


class Whole:
    """One host name, asked from here."""

    def __init__(self, settings: Settings, names: Names | None = None, https: Https | None = None) -> None:
        self._settings = settings
        self._names, self._https = names or Names(), https or Https()

    def ask(self, ctx: Context) -> Answer:
        """Raises VerifyError where nobody answers."""
        hostname = self._settings.hostname
        try:
            return ctx.wait_for(f"an answer of {hostname}", self._probe, deadline=DEADLINE)
        except DeadlineError as error:
            raise VerifyError(
                f"{hostname} does not answer", why=error.why, fix="epochctl status; epochctl diagnose"
            ) from error

    def _probe(self) -> Ready[Answer] | Pending:
        hostname = self._settings.hostname
        found = self._names.recursive(hostname)
        if found.status != "found":
            return Pending(f"no address: {found.reason}")
        address = found.values[0]
        ours = not self._settings.service.image
        path = "/" if ours else self._settings.service.health_path
        answer = self._https.get(hostname, address, path, accept="application/json")
        if isinstance(answer, Failure):
            return Pending(f"{address}: {answer.layer}: {answer.cause}")
        if answer.status != 200:
            return Pending(f"{address}: {path} answers {answer.status}")
        return Ready(Answer(f"https://{hostname}/", address, _region(answer) if ours else ""))


def _region(answer: Response) -> str:
    try:
        told = json.loads(answer.body)
    except ValueError:
        return ""
    return str(told.get("region") or "") if isinstance(told, dict) else ""
