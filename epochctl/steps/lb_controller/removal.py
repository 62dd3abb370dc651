"""The end of the controller: after its load balancers where it lives, by ourselves where it is dead.

Deletes only what carries the cluster's tag. Knows nothing of how the controller was installed.
"""

from __future__ import annotations

from dataclasses import dataclass

from epochctl.clients.elbv2 import Elbv2
from epochctl.clients.security_groups import SecurityGroups
from epochctl.cluster import controller
from epochctl.cluster.access import Cluster
from epochctl.errors import ClusterError, DeadlineError, EpochctlError
from epochctl.workflow.step import Context
from epochctl.workflow.waiting import Pending, Ready


@dataclass(frozen=True)
class Removal:
    """What a cluster's controller leaves in AWS, and the controller itself."""

    cluster_name: str
    elbv2: Elbv2
    groups: SecurityGroups

    def run(self, ctx: Context, cluster: Cluster | None) -> tuple[str, ...]:
        """Everything, in the order that leaves nothing behind. Lines of what was removed."""
        removed: tuple[str, ...] = ()
        if cluster is not None:
            try:
                self._await_controller(ctx, cluster)
                removed = self._uninstall(ctx, cluster)
            except ClusterError as error:
                ctx.say(f"{error.what} ({error.why}): its load balancers are deleted by their tag instead")
        return removed + self._sweep(ctx)

    def _await_controller(self, ctx: Context, cluster: Cluster) -> None:
        """Give a living controller the time to remove what it made."""
        if not controller.serves(cluster.kube):
            if self._left():
                ctx.say(
                    "the load balancer controller is not there to remove its load balancers: by tag instead"
                )
            return

        def probe() -> Ready[None] | Pending:
            left = self._left()
            return Pending(f"still there: {', '.join(left)}") if left else Ready(None)

        try:
            ctx.wait_for("the controller to remove its load balancers", probe, deadline=120)
        except DeadlineError as error:
            ctx.say(f"{error.what} ({error.why}): uninstalling the controller, then removing them by tag")

    def _uninstall(self, ctx: Context, cluster: Cluster) -> tuple[str, ...]:
        kube, lines = cluster.kube, []
        if cluster.helm.uninstall(controller.NAME, controller.NAMESPACE):
            lines.append(f"release {controller.NAME}")
        if kube.delete_webhooks(controller.WEBHOOKS):
            lines.append("webhook configurations without a controller behind them")
        for freed in kube.strip_finalizers():
            ctx.say(f"freed {freed} from the controller's finalizer")
        lines += [
            f"definitions of {group}" for group in controller.API_GROUPS if kube.delete_definitions(group)
        ]
        return tuple(lines)

    def _left(self) -> tuple[str, ...]:
        balancers = [f"load balancer {item.name}" for item in self.elbv2.load_balancers(self.cluster_name)]
        groups = [f"target group {item.name}" for item in self.elbv2.target_groups(self.cluster_name)]
        return tuple(balancers + groups)

    def _sweep(self, ctx: Context) -> tuple[str, ...]:
        """Load balancers, then target groups, then security groups: each holds the next."""
        removed: dict[str, None] = {}

        def probe() -> Ready[None] | Pending:
            cause = self._sweep_once(removed)
            return Pending(cause) if cause else Ready(None)

        ctx.wait_for("what the controller made to be deleted", probe, deadline=600)
        return tuple(removed)

    def _sweep_once(self, removed: dict[str, None]) -> str:
        """Delete what can be deleted now; why not all, or ""."""
        balancers = self.elbv2.load_balancers(self.cluster_name)
        for balancer in balancers:
            self.elbv2.delete(self.cluster_name, balancer.arn)
            removed[f"load balancer {balancer.name}"] = None
        if balancers:
            return f"load balancer {balancers[0].name} is being deleted"
        for group in self.elbv2.target_groups(self.cluster_name):
            try:
                self.elbv2.delete(self.cluster_name, group.arn)
            except EpochctlError as error:  # in use until its listener is really gone
                return f"target group {group.name}: {error.why}"
            removed[f"target group {group.name}"] = None
        held = ""
        for security in self.groups.of_cluster(self.cluster_name):
            cause = self.groups.delete(security)
            if not cause:
                removed[f"security group {security.name}"] = None
            held = held or cause
        return held
