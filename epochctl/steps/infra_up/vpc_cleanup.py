"""What must be gone from our VPC before terraform may destroy it, and who else is in it.

terraform would wait for a quarter of an hour and then not say why. Knows nothing of terraform.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from epochctl.aws.network import Network, VpcOccupant
from epochctl.errors import DeadlineError, InfrastructureError
from epochctl.kube.orphans import Orphans
from epochctl.workflow.stall_timer import StallTimer
from epochctl.workflow.step import Context
from epochctl.workflow.waiting import Pending, Ready

SURE = 8.0  # seconds for which a stranger must be seen: EC2 tells of what is gone for some moments


@dataclass(frozen=True)
class VpcCleanup:
    """Of the VPCs that carry `tags`, with the cluster `name` in them."""

    name: str
    tags: Mapping[str, str]
    network: Network
    orphans: Orphans

    def refuse_foreign(self, ctx: Context) -> None:
        """Before anything is removed: what is not ours must go first, and only its owner may remove it."""
        patience = StallTimer(ctx.clock, SURE)
        found: tuple[str, ...] = ()

        def probe() -> Ready[None] | Pending:
            nonlocal found
            found = self.strangers()
            if found and patience.is_stalled(found):
                raise _refused(self._vpcs(), found)
            return Pending("\n".join(found)) if found else Ready(None)

        try:
            ctx.wait_for("nobody else to be in the VPC", probe, deadline=60, longest=3.0)
        except DeadlineError as error:  # they come and go, but one is always there
            raise _refused(self._vpcs(), found) from error

    def strangers(self) -> tuple[str, ...]:
        """Whatever in our VPCs is not ours and does not go away by itself, a line each with its exact id."""
        tenants = [tenant for vpc in self._vpcs() for tenant in self._tenants(vpc)]
        return (*self.orphans.unmanaged(), *(tenant.description for tenant in tenants if tenant.foreign))

    def sweep_balancers(self, ctx: Context) -> tuple[str, ...]:
        """terraform is never called while a load balancer or target group of ours is there."""
        found = self.orphans.find().serving
        if not found:
            return ()
        ctx.say(f"nobody removed {', '.join(found)}: deleting by tag")
        return self.orphans.delete_all(ctx)

    def sweep(self, ctx: Context) -> tuple[str, ...]:
        """When the cluster is gone: remove what its machinery left, wait for what goes by itself."""
        swept = list(self.sweep_balancers(ctx))
        for vpc in self._vpcs():
            self._sweep_vpc(ctx, vpc, swept)
        return tuple(swept)

    def _sweep_vpc(self, ctx: Context, vpc: str, swept: list[str]) -> None:
        patience = StallTimer(ctx.clock, SURE)

        def probe() -> Ready[None] | Pending:
            swept.extend(self.network.sweep(vpc, self.name))
            tenants = self._tenants(vpc)
            found = (
                tuple(tenant.description for tenant in tenants if tenant.foreign) + self.orphans.unmanaged()
            )
            if patience.is_stalled(found) and found:
                raise _refused((vpc,), found)
            left = [tenant.description for tenant in tenants]
            return Pending("\n".join((*left, *found))) if left or found else Ready(None)

        try:
            ctx.wait_for(f"{vpc} to be free of interfaces and security groups", probe, deadline=300)
        except DeadlineError as error:
            raise InfrastructureError(
                f"{vpc} does not get empty",
                why=error.why,
                fix="remove what is named above, then run the same command again",
            ) from error

    def _tenants(self, vpc: str) -> tuple[VpcOccupant, ...]:
        return self.network.occupants(vpc, self.name, self.tags)

    def _vpcs(self) -> tuple[str, ...]:
        return self.network.find(self.tags)


def _refused(vpcs: tuple[str, ...], strangers: tuple[str, ...]) -> InfrastructureError:
    one = len(strangers) == 1
    return InfrastructureError(
        f"{', '.join(vpcs)} cannot be removed: {'something' if one else f'{len(strangers)} things'} in it "
        f"{'is' if one else 'are'} not ours",
        why="\n".join(strangers),
        fix="ask the owner to remove what is named above (epochctl deletes only its own), "
        "then run the same command again",
    )
