"""Removes what is left in the VPC before terraform destroys it; refuses while foreign resources are in it.

terraform would wait for a quarter of an hour, and then fail without the reason.
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

CONFIRM_SECONDS = 8.0  # for which a foreign resource must be seen: EC2 lists deleted ones for some seconds


@dataclass(frozen=True)
class VpcCleanup:
    """The VPCs that carry `tags`, with the cluster `name` in them."""

    name: str
    tags: Mapping[str, str]
    network: Network
    orphans: Orphans

    def refuse_foreign(self, ctx: Context) -> None:
        """Raise InfrastructureError while foreign resources are in the VPC. Removes nothing."""
        stall = StallTimer(ctx.clock, CONFIRM_SECONDS)
        found: tuple[str, ...] = ()

        def probe() -> Ready[None] | Pending:
            nonlocal found
            found = self.foreign_resources()
            if found and stall.is_stalled(found):
                raise _refused(self._vpcs(), found)
            return Pending("\n".join(found)) if found else Ready(None)

        try:
            ctx.wait_for("nobody else to be in the VPC", probe, deadline=60, longest=3.0)
        except DeadlineError as error:  # they come and go, but one is always there
            raise _refused(self._vpcs(), found) from error

    def foreign_resources(self) -> tuple[str, ...]:
        """Return what epochctl does not manage and does not go away by itself, a line each with its id."""
        occupants = [one for vpc in self._vpcs() for one in self._occupants(vpc)]
        return (*self.orphans.unmanaged(), *(one.description for one in occupants if one.foreign))

    def delete_load_balancers(self, ctx: Context) -> tuple[str, ...]:
        """Delete load balancers and target groups that the controller left; return a line for each."""
        found = self.orphans.find().serving
        if not found:
            return ()
        ctx.report(f"nobody removed {', '.join(found)}: deleting by tag")
        return self.orphans.delete_all(ctx)

    def sweep(self, ctx: Context) -> tuple[str, ...]:
        """Once the cluster is gone, remove what EKS left and wait for the rest; return a line for each."""
        swept = list(self.delete_load_balancers(ctx))
        for vpc in self._vpcs():
            self._sweep_vpc(ctx, vpc, swept)
        return tuple(swept)

    def _sweep_vpc(self, ctx: Context, vpc: str, swept: list[str]) -> None:
        stall = StallTimer(ctx.clock, CONFIRM_SECONDS)

        def probe() -> Ready[None] | Pending:
            swept.extend(self.network.sweep(vpc, self.name))
            occupants = self._occupants(vpc)
            found = tuple(one.description for one in occupants if one.foreign) + self.orphans.unmanaged()
            if stall.is_stalled(found) and found:
                raise _refused((vpc,), found)
            left = [one.description for one in occupants]
            return Pending("\n".join((*left, *found))) if left or found else Ready(None)

        try:
            ctx.wait_for(f"{vpc} to be free of interfaces and security groups", probe, deadline=300)
        except DeadlineError as error:
            raise InfrastructureError(
                f"{vpc} does not get empty",
                why=error.why,
                fix="remove what is named above, then run the same command again",
            ) from error

    def _occupants(self, vpc: str) -> tuple[VpcOccupant, ...]:
        return self.network.occupants(vpc, self.name, self.tags)

    def _vpcs(self) -> tuple[str, ...]:
        return self.network.find(self.tags)


def _refused(vpcs: tuple[str, ...], foreign: tuple[str, ...]) -> InfrastructureError:
    one = len(foreign) == 1
    return InfrastructureError(
        f"{', '.join(vpcs)} cannot be removed: {'something' if one else f'{len(foreign)} things'} in it "
        f"{'is' if one else 'are'} not ours",
        why="\n".join(foreign),
        fix="ask the owner to remove what is named above (epochctl deletes only its own), "
        "then run the same command again",
    )
