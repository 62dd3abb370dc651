"""One layer of the verification: its probe, how long it may become right by itself, and what to do else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from epochctl.aws.elbv2 import LoadBalancer
from epochctl.config.settings import Settings
from epochctl.errors import DeadlineError, EpochctlError, VerifyError
from epochctl.outputs import DnsRecord, Release
from epochctl.workflow.step import Context
from epochctl.workflow.waiting import Pending, Ready

MISCONFIGURED_GRACE = 30.0  # seconds; a change that is under way ends sooner

Probe = Callable[[], Ready[str] | Pending]


@dataclass(frozen=True)
class Misconfigured(Pending):
    """A cause that passes by itself within MISCONFIGURED_GRACE, or not at all."""


@dataclass(frozen=True)
class VerifiedService:
    """The service to verify, as the steps before have published it."""

    settings: Settings
    cluster: str
    certificate_arn: str
    release: Release
    record: DnsRecord

    @property
    def hostname(self) -> str:
        return self.settings.hostname

    @property
    def is_asleep(self) -> bool:
        """Return whether it is a standby without pods: all resources exist, and nothing answers."""
        return self.settings.service.replicas == 0


@dataclass
class Findings:
    """What earlier layers found that later ones need."""

    balancer: LoadBalancer | None = None
    balancer_addresses: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()


@dataclass(frozen=True)
class Layer:
    """One layer. deadline: seconds; error: makes the failure from its cause, a VerifyError where None."""

    name: str
    probe: Probe
    deadline: float
    fix: str
    error: Callable[[str], EpochctlError] | None = None

    def wait(self, ctx: Context) -> str:
        """Wait until the probe is ready, and return what it saw. Raises the layer's error."""
        probe = self._with_grace(ctx)
        try:
            return ctx.wait_for(self.name, probe, deadline=self.deadline, fix=self.fix, longest=3.0)
        except DeadlineError as error:
            if self.error is not None:
                raise self.error(error.why) from error
            raise VerifyError(f"verify stops at: {self.name}", why=error.why, fix=self.fix) from error

    def _with_grace(self, ctx: Context) -> Probe:
        """Return the probe, which raises DeadlineError once it was Misconfigured for too long."""
        since: list[float] = []

        def probe() -> Ready[str] | Pending:
            answer, now = self.probe(), ctx.clock.now()
            if not isinstance(answer, Misconfigured):
                since.clear()
                return answer
            since.append(now)
            if now - since[0] >= MISCONFIGURED_GRACE:
                raise DeadlineError(f"{self.name}: not right", why=answer.cause)
            return answer

        return probe
