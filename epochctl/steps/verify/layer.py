"""A layer: what is asked, for how long it may become right by itself, and what to do when it does not.

Knows no layer in particular.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from epochctl.aws.elbv2 import LoadBalancer
from epochctl.config.settings import Settings
from epochctl.errors import DeadlineError, EpochctlError, VerifyError
from epochctl.outputs import DnsRecord, Release
from epochctl.workflow.step import Context
from epochctl.workflow.waiting import Pending, Ready

PATIENCE = 30.0  # seconds for what only a person puts right

Probe = Callable[[], Ready[str] | Pending]


@dataclass(frozen=True)
class Stuck(Pending):
    """A cause that passes by itself within PATIENCE (a change still under way) or not at all."""


@dataclass(frozen=True)
class Subject:
    """What is verified."""

    settings: Settings
    cluster: str
    certificate_arn: str
    release: Release
    record: DnsRecord

    @property
    def hostname(self) -> str:
        return self.settings.hostname

    @property
    def asleep(self) -> bool:
        """A standby without pods: everything stands, nothing answers, and so it is meant to be."""
        return self.settings.service.replicas == 0


@dataclass
class Seen:
    """What earlier layers found out for later ones."""

    balancer: LoadBalancer | None = None
    balancer_addresses: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()


@dataclass(frozen=True)
class Layer:
    """error: makes the failure from the last cause; a VerifyError that names the layer, where None."""

    name: str
    probe: Probe
    deadline: float
    fix: str
    error: Callable[[str], EpochctlError] | None = None

    def ask(self, ctx: Context) -> str:
        """What was seen, in words. Raises the layer's error."""
        try:
            return ctx.wait_for(
                self.name, self._impatient(ctx), deadline=self.deadline, fix=self.fix, longest=3.0
            )
        except DeadlineError as late:
            if self.error is not None:
                raise self.error(late.why) from late
            raise VerifyError(f"verify stops at: {self.name}", why=late.why, fix=self.fix) from late

    def _impatient(self, ctx: Context) -> Probe:
        """The probe, which gives up where it has been stuck for too long."""
        since: list[float] = []

        def probe() -> Ready[str] | Pending:
            answer, now = self.probe(), ctx.clock.now()
            if not isinstance(answer, Stuck):
                since.clear()
                return answer
            since.append(now)
            if now - since[0] >= PATIENCE:
                raise DeadlineError(f"{self.name}: not right", why=answer.cause)
            return answer

        return probe
