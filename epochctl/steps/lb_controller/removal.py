"""Removes the controller after its load balancers: by the controller where it works, else by their tags."""

from __future__ import annotations

from dataclasses import dataclass

from epochctl.errors import ClusterError, DeadlineError
from epochctl.kube import lb_controller
from epochctl.kube.access import Cluster
from epochctl.kube.orphans import Orphans
from epochctl.workflow.stall_timer import StallTimer
from epochctl.workflow.step import Context
from epochctl.workflow.waiting import Pending, Ready


@dataclass(frozen=True)
class Removal:
    """The removal of a cluster's controller. orphans: what it leaves in AWS."""

    orphans: Orphans

    def run(self, ctx: Context, cluster: Cluster | None) -> tuple[str, ...]:
        """Remove everything, in the order that leaves nothing in AWS; return a line for each removal."""
        removed: tuple[str, ...] = ()
        if cluster is not None:
            try:
                self._wait_for_controller(ctx, cluster)
                removed = self._uninstall(ctx, cluster)
            except ClusterError as error:
                ctx.report(f"{error.what} ({error.why}): its load balancers are deleted by their tag instead")
        return removed + self.orphans.delete_all(ctx)

    def _wait_for_controller(self, ctx: Context, cluster: Cluster) -> None:
        """Give a working controller the time to remove its load balancers.

        It removes only those of an Ingress or Service that is being deleted; without one, it removes nothing.
        """
        for item in cluster.kube.load_balancer_owners():
            ctx.report(f"{item} has a load balancer: deleted, since its cluster goes")
            cluster.kube.delete_owner(item)
        if not lb_controller.is_serving(cluster.kube):
            self._explain(ctx, "the load balancer controller is not there to remove")
            return
        stall = StallTimer(ctx.clock, lb_controller.STALL)

        def probe() -> Ready[None] | Pending:
            held, left = cluster.kube.load_balancer_owners(), self.orphans.find().all
            if not held:
                return Ready(None)
            cause = f"{', '.join(map(str, held))} still has {', '.join(left) or 'its finalizer'}"
            if stall.is_stalled((held, left)):
                raise DeadlineError("the load balancer controller does nothing", why=cause)
            return Pending(cause)

        try:
            ctx.wait_for("the controller to remove its load balancers", probe, deadline=240)
        except DeadlineError as error:
            ctx.report(f"{error.what} ({error.why}): uninstalling it, then removing them by tag")
        else:
            self._explain(ctx, "no Ingress is left for which the controller would remove")

    def _explain(self, ctx: Context, why: str) -> None:
        if left := self.orphans.find().serving:
            ctx.report(f"{why} {', '.join(left)}: deleting by tag instead")

    def _uninstall(self, ctx: Context, cluster: Cluster) -> tuple[str, ...]:
        kube, lines = cluster.kube, []
        if cluster.helm.uninstall(lb_controller.NAME, lb_controller.NAMESPACE):
            lines.append(f"release {lb_controller.NAME}")
        if kube.delete_webhooks(lb_controller.WEBHOOKS):
            lines.append("webhook configurations without a controller behind them")
        for freed in kube.remove_finalizers():
            ctx.report(f"freed {freed} from the controller's finalizer")
        lines += [
            f"definitions of {group}" for group in lb_controller.API_GROUPS if kube.delete_definitions(group)
        ]
        return tuple(lines)
