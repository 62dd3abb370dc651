"""What a load balancer controller created in AWS for the cluster, and its deletion by tag.

A tag alone is no proof, since another cluster may have the same name: what is in a VPC without the
environment's tags is reported and left alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from epochctl.aws.elbv2 import Elbv2, LoadBalancer, TargetGroup
from epochctl.aws.network import Network
from epochctl.aws.security_groups import SecurityGroup, SecurityGroups
from epochctl.errors import EpochctlError
from epochctl.workflow.stall_timer import StallTimer
from epochctl.workflow.step import Context
from epochctl.workflow.waiting import Pending, Ready

HELD_SECONDS = 60.0  # for which a security group may stay in use: a load balancer's interfaces outlive it


@dataclass(frozen=True)
class OrphanedResources:
    """A cluster's resources in the order in which they can be deleted. elsewhere: in other owners' VPCs."""

    balancers: tuple[LoadBalancer, ...]
    target_groups: tuple[TargetGroup, ...]
    security_groups: tuple[SecurityGroup, ...]
    elsewhere: tuple[str, ...]

    @property
    def serving(self) -> tuple[str, ...]:
        """Load balancers and target groups: while one exists, the VPC must not be touched."""
        return (
            *(f"load balancer {item.name}" for item in self.balancers),
            *(f"target group {item.name}" for item in self.target_groups),
        )

    @property
    def all(self) -> tuple[str, ...]:
        """Return a line for each resource."""
        return (*self.serving, *(f"security group {item.name}" for item in self.security_groups))


@dataclass(frozen=True)
class Orphans:
    """The orphaned resources of the cluster `name`. tags: those of the environment's VPC."""

    name: str
    tags: Mapping[str, str]
    elbv2: Elbv2
    groups: SecurityGroups
    network: Network

    def find(self) -> OrphanedResources:
        """Return what exists now."""
        vpcs = set(self.network.find(self.tags))
        balancers, targets = self.elbv2.load_balancers(self.name), self.elbv2.target_groups(self.name)
        security = self.groups.for_cluster(self.name)
        gone = {t.vpc_id for t in targets if t.vpc_id not in vpcs and not self.network.exists(t.vpc_id)}
        # a target group can outlive its VPC; nothing else can
        kept = tuple(t for t in targets if t.vpc_id in vpcs | gone | {""})
        elsewhere = (
            *(f"load balancer {b.arn} in {b.vpc_id}" for b in balancers if b.vpc_id not in vpcs),
            *(f"target group {t.arn} in {t.vpc_id}" for t in targets if t not in kept),
            *(f"security group {g.id} in {g.vpc_id}" for g in security if g.vpc_id not in vpcs),
        )
        return OrphanedResources(
            tuple(b for b in balancers if b.vpc_id in vpcs),
            kept,
            tuple(g for g in security if g.vpc_id in vpcs),
            elsewhere,
        )

    def unmanaged(self) -> tuple[str, ...]:
        """Return the load balancers in the environment's VPC that its controller did not create, by ARN."""
        managed = {balancer.arn for balancer in self.elbv2.load_balancers(self.name)}
        vpcs = self.network.find(self.tags)
        found = [item for vpc in vpcs for item in self.elbv2.in_vpc(vpc) if item.arn not in managed]
        return tuple(f"load balancer {item.arn}" for item in found)

    def delete_all(self, ctx: Context) -> tuple[str, ...]:
        """Delete all of it, wait until it is gone, and return a line for each deleted resource.

        A security group that stays in use is left until the cluster is gone.
        """
        removed: dict[str, None] = {}
        timer = StallTimer(ctx.clock, HELD_SECONDS)
        for line in self.find().elsewhere:
            ctx.report(f"{line}: bears our cluster's name, but that VPC is not ours: left alone")

        def probe() -> Ready[None] | Pending:
            cause = self._delete(removed)
            found = self.find()
            if cause and timer.is_stalled(found.all) and not found.serving:
                ctx.report(f"{cause}: left until the cluster is gone")
                return Ready(None)
            return Pending(cause) if cause else Ready(None)

        ctx.wait_for("what the controller made to be deleted", probe, deadline=600)
        return tuple(removed)

    def _delete(self, removed: dict[str, None]) -> str:
        """Delete what can be deleted now. Return why that is not all, or ""."""
        found = self.find()
        for balancer in found.balancers:
            self.elbv2.delete(self.name, balancer.arn)
            removed[f"load balancer {balancer.name}"] = None
        if found.balancers:
            return f"load balancer {found.balancers[0].name} is being deleted"
        for target in found.target_groups:
            try:
                self.elbv2.delete(self.name, target.arn)
            except EpochctlError as error:  # in use until its listener is really gone
                return f"target group {target.name}: {error.why}"
            removed[f"target group {target.name}"] = None
        for vpc in {group.vpc_id for group in found.security_groups}:
            removed.update(dict.fromkeys(self.network.sweep_interfaces(vpc, self.name)))
        held = ""
        for group in found.security_groups:
            cause = self.groups.delete(group)
            if not cause:
                removed[f"security group {group.name}"] = None
            held = held or cause
        return held
