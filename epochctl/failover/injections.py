"""What a drill can break in one region, and how that is repaired. A repair may run twice.

route: the region's health check is forced to fail; the region still serves. targets: the service has no
pods. network: no client reaches the load balancer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from epochctl.aws.eks import Eks
from epochctl.aws.elbv2 import Elbv2
from epochctl.aws.security_groups import SecurityGroups
from epochctl.command import Command
from epochctl.config.settings import Settings
from epochctl.errors import EpochctlError, NotFoundError
from epochctl.failover.routes import Routes
from epochctl.kube.access import reach

Kind = Literal["route", "targets", "network"]


class Injection(Protocol):
    """Something that is broken on purpose. description: for the question whether to do it."""

    @property
    def kind(self) -> Kind: ...
    @property
    def description(self) -> str: ...
    def inject(self) -> None: ...
    def repair(self) -> None: ...


@dataclass(frozen=True)
class FailedHealthCheck:
    """Route 53 takes the region as unhealthy; the region itself is not changed."""

    routes: Routes
    region: str
    kind: Literal["route"] = "route"
    description: str = "its health check is forced to fail; it answers all the same"

    def inject(self) -> None:
        self.routes.drain(self.region)

    def repair(self) -> None:
        self.routes.undrain(self.region)


@dataclass(frozen=True)
class NoTargets:
    """The release has no pods. settings: those of the region, with the replicas to restore."""

    settings: Settings
    region: str
    eks: Eks
    kind: Literal["targets"] = "targets"
    description: str = "every pod of the service there is ended"

    def inject(self) -> None:
        self._scale(0)

    def repair(self) -> None:
        self._scale(self.settings.service.replicas)

    def _scale(self, replicas: int) -> None:
        cluster = reach(self.eks, self.settings, self.region)
        if cluster is None:
            raise NotFoundError(
                f"there is no cluster in {self.region}", fix=Command("up", "--region", self.region)
            )
        cluster.kube.scale(self.settings.full_name, self.settings.name, replicas)


@dataclass(frozen=True)
class ClosedLoadBalancer:
    """The load balancer's security groups let nobody in. What they let in is kept in their tags."""

    region: str
    cluster: str
    target: str
    elbv2: Elbv2
    groups: SecurityGroups
    kind: Literal["network"] = "network"
    description: str = "the load balancer's security groups let nobody in"

    def inject(self) -> None:
        balancer = self.elbv2.by_dns_name(self.target)
        if balancer is None:
            raise NotFoundError(f"there is no load balancer {self.target}", fix=Command("up"))
        managed = [
            group for group in self.groups.for_cluster(self.cluster) if group.id in balancer.security_groups
        ]
        closed = [group for group in managed if self.groups.close(group)]
        if not closed:
            raise EpochctlError(
                f"no security group of ours lets anybody in to {self.target}",
                why=f"it has {', '.join(balancer.security_groups) or 'none'}",
                fix=Command("failover", "drill", "--break", "route"),
            )

    def repair(self) -> None:
        for group in self.groups.for_cluster(self.cluster):
            self.groups.reopen(group)
