"""What operations are made of: AWS clients of a region, steps, checks, a clock. Tests pass doubles."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from epochctl.aws import credentials
from epochctl.aws.acm import Acm
from epochctl.aws.eks import Eks
from epochctl.aws.elbv2 import Elbv2
from epochctl.aws.expiry import Expiry
from epochctl.aws.lock_object import LockObject
from epochctl.aws.network import Network
from epochctl.aws.route53 import HealthChecks, Route53
from epochctl.aws.security_groups import SecurityGroups
from epochctl.aws.session import Aws
from epochctl.aws.state_bucket import RUN_LOCK, StateBucket
from epochctl.aws.teardown_scan import TeardownScan
from epochctl.command import Command
from epochctl.config.settings import Settings
from epochctl.diagnosis import DiagnosisContext, Finding, diagnose
from epochctl.errors import NotFoundError
from epochctl.kube import Kube
from epochctl.kube.access import connect
from epochctl.preflight import CheckResult, Checks
from epochctl.steps.catalog import Steps, make_steps
from epochctl.steps.infra_up import Reviewed
from epochctl.steps.verify.shared_hostname import SharedHostname
from epochctl.tools.process import STOP_REQUESTED
from epochctl.workflow.budget import Remaining
from epochctl.workflow.waiting import Clock, SystemClock

Tags = Mapping[str, str]


class Clients:
    """The AWS clients of one region that operations use beside the steps. Construction makes no request."""

    def __init__(self, region: str) -> None:
        self.region, self.aws = region, Aws(region)
        self.acm, self.eks, self.elbv2 = Acm(self.aws), Eks(self.aws), Elbv2(self.aws)
        self.route53, self.security_groups = Route53(self.aws), SecurityGroups(self.aws)
        self.network = Network(self.aws, self.security_groups)
        self.state_bucket, self.teardown_scan = StateBucket(self.aws), TeardownScan(self.aws)

    def account_id(self) -> str:
        """Return the account's twelve digits. Raises CredentialsError."""
        return self.aws.account_id()

    def health_checks(self, name: str, tags: Tags) -> HealthChecks:
        """Return the client of the environment's Route 53 health checks."""
        return HealthChecks(self.aws, name, tags)

    def expiry(self, tags: Tags) -> datetime | None:
        """Return when the environment expires; None if it does not, or does not exist."""
        return Expiry(self.aws, tags).expires_at()

    def lock_object(self, settings: Settings) -> LockObject:
        """Return the lock that every machine sees: an object beside Terraform's state."""
        account = self.account_id()
        key = lock_key(settings, self.region)
        return LockObject(self.aws, account=account, bucket=self.state_bucket.name(account), key=key)

    def kube(self, cluster: str) -> Kube:
        """Return a client of the cluster. Raises NotFoundError if there is none of that name."""
        access = self.eks.describe(cluster)
        if access is None or not access.endpoint:
            raise NotFoundError(f"there is no cluster {cluster} in {self.region}", fix=Command("up"))
        return connect(self.eks, access)

    def credentials_left(self) -> Remaining | None:
        """Return how long the credentials last; None if they have no known expiry."""
        return credentials.time_left(self.aws)

    def credentials_renewed(self) -> Remaining | None:
        """Read the credentials' source again and return how long they last."""
        return credentials.renew(self.aws)

    def credentials_expiry_is_unknown(self) -> bool:
        """Return whether the credentials are a session's that does not say when it ends."""
        return credentials.has_unknown_expiry(self.aws)


class StepsFactory(Protocol):
    """As epochctl.steps.catalog.make_steps."""

    def __call__(
        self, settings: Settings, region: str, aws: Aws, ttl: str = "", reviewed: Reviewed | None = None
    ) -> Steps: ...


class Preflight(Protocol):
    """As epochctl.preflight.Checks."""

    def run_all(self) -> tuple[CheckResult, ...]: ...
    def run_required(self) -> tuple[CheckResult, ...]: ...


@dataclass(frozen=True)
class Dependencies:
    """What operations construct their collaborators with."""

    clients: Callable[[str], Clients] = Clients
    steps: StepsFactory = make_steps
    preflight: Callable[[Settings, str, Aws], Preflight] = Checks
    diagnose: Callable[[DiagnosisContext], Iterator[Finding]] = diagnose
    shared_hostname: Callable[[Settings], SharedHostname] = SharedHostname
    clock: Callable[[threading.Event], Clock] = SystemClock
    stop: threading.Event = field(default_factory=lambda: STOP_REQUESTED)


def lock_key(settings: Settings, region: str) -> str:
    """Return the key of the shared lock in the state bucket."""
    return f"{settings.state_folder(region)}/{RUN_LOCK}"
