"""What a drill can break in one region, and how that is mended. Mending twice does no harm.

route: its health check is forced to fail, which harms nothing. targets: no pod of the service is left.
network: nobody gets through to its load balancer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from epochctl.aws.eks import Eks
from epochctl.aws.elbv2 import Elbv2
from epochctl.aws.security_groups import SecurityGroups
from epochctl.config.settings import Settings
from epochctl.errors import EpochctlError, NotFoundError
from epochctl.failover.routes import Routes
from epochctl.kube.access import reach

Kind = Literal["route", "targets", "network"]


class Injection(Protocol):
    """What is broken on purpose. words: for a person who is asked whether it may be."""

    @property
    def kind(self) -> Kind: ...
    @property
    def words(self) -> str: ...
    def make(self) -> None: ...
    def mend(self) -> None: ...


@dataclass(frozen=True)
class FailedHealthCheck:
    """Route 53 takes the region for ill; the region itself is not touched."""

    routes: Routes
    region: str
    kind: Literal["route"] = "route"

    @property
    def words(self) -> str:
        return "its health check is forced to fail; it answers all the same"

    def make(self) -> None:
        self.routes.drain(self.region)

    def mend(self) -> None:
        self.routes.undrain(self.region)


@dataclass(frozen=True)
class NoTargets:
    """The release has no pods. settings: as large as the region is to be afterwards."""

    settings: Settings
    region: str
    eks: Eks
    kind: Literal["targets"] = "targets"

    @property
    def words(self) -> str:
        return "every pod of the service there is ended"

    def make(self) -> None:
        self._scale(0)

    def mend(self) -> None:
        self._scale(self.settings.service.replicas)

    def _scale(self, replicas: int) -> None:
        cluster = reach(self.eks, self.settings, self.region)
        if cluster is None:
            raise NotFoundError(
                f"there is no cluster in {self.region}", fix=f"epochctl up --region {self.region}"
            )
        cluster.kube.scale(self.settings.full_name, self.settings.name, replicas)


@dataclass(frozen=True)
class ClosedLoadBalancer:
    """The load balancer's groups let nobody in. What they let in is written on them first."""

    region: str
    cluster: str
    target: str
    elbv2: Elbv2
    groups: SecurityGroups
    kind: Literal["network"] = "network"

    @property
    def words(self) -> str:
        return "the load balancer's security groups let nobody in"

    def make(self) -> None:
        balancer = self.elbv2.by_dns_name(self.target)
        if balancer is None:
            raise NotFoundError(f"there is no load balancer {self.target}", fix="epochctl up")
        ours = [
            group for group in self.groups.of_controller(self.cluster) if group.id in balancer.security_groups
        ]
        closed = [group for group in ours if self.groups.close(group)]
        if not closed:
            raise EpochctlError(
                f"no security group of ours lets anybody in to {self.target}",
                why=f"it has {', '.join(balancer.security_groups) or 'none'}",
                fix="epochctl failover drill --break route",
            )

    def mend(self) -> None:
        for group in self.groups.of_controller(self.cluster):
            self.groups.reopen(group)
