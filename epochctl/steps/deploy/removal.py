"""The end of a release: its load balancer while the controller lives, its objects, its namespace.

Leaves AWS objects to the controller, or to the step that removes the controller where it is dead.
"""

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
    """One release in its namespace."""

    cluster: Cluster
    orphans: Orphans
    namespace: str
    release: str

    def run(self, ctx: Context) -> tuple[str, ...]:
        """Everything, in the order that leaves no load balancer behind. Lines of what was removed."""
        kube, removed = self.cluster.kube, []
        if self.cluster.helm.uninstall(self.release, self.namespace):
            removed.append(f"release {self.release}")
        if kube.is_managed(self.namespace):
            for ingress in kube.ingresses(self.namespace):  # not in the release any more, or never
                kube.delete_ingress(self.namespace, ingress.name)
            works = self._await_balancer(ctx)
            kube.delete_namespace(self.namespace)
            self._await_namespace(ctx, works)
            removed.append(f"namespace {self.namespace}")
        elif kube.namespace(self.namespace) is not None:
            ctx.say(f"namespace {self.namespace} was not made by epochctl: kept")
        return tuple(removed)

    def _await_balancer(self, ctx: Context) -> bool:
        """Until the Ingress is gone: the controller holds it as long as there is a load balancer.

        Whether the controller works: one that lives and does nothing holds whatever was freed once more.
        """
        if not self.cluster.kube.ingresses(self.namespace):
            return True
        if not lb_controller.is_serving(self.cluster.kube):
            ctx.say("the load balancer controller is dead: its load balancers are left to `lb-controller`")
            self._free(ctx)
            return False
        patience = StallTimer(ctx.clock, lb_controller.STALL)
        try:
            ctx.wait_for(
                "the load balancer to be deleted", lambda: self._ingress_probe(patience), deadline=240
            )
        except DeadlineError as error:
            ctx.say(f"{error.what} ({error.why}): left to `lb-controller`, which deletes by tag")
            self._free(ctx)
            return False
        return True

    def _ingress_probe(self, patience: StallTimer) -> Ready[None] | Pending:
        """A controller that works deletes one thing after the other; one that cannot says why, in events."""
        left = self.cluster.kube.ingresses(self.namespace)
        if not left:
            return Ready(None)
        events = self.cluster.kube.events(self.namespace, left[0].name, kind="Ingress", limit=1)
        cause = events[0] if events else f"Ingress {left[0].name} is held by the controller"
        if patience.is_stalled((left, self.orphans.find().all)):
            what = f"the load balancer controller has done nothing for {patience.seconds:.0f} s"
            raise DeadlineError(what, why=cause)
        return Pending(cause)

    def _free(self, ctx: Context) -> None:
        """Without a controller its webhook refuses every change, and its finalizers stay for ever."""
        self.cluster.kube.delete_webhooks(lb_controller.WEBHOOKS)
        for freed in self.cluster.kube.remove_finalizers(self.namespace):
            ctx.say(f"freed {freed} from the controller's finalizer")

    def _await_namespace(self, ctx: Context, works: bool) -> None:
        patience = StallTimer(ctx.clock, lb_controller.STALL)

        def probe() -> Ready[None] | Pending:
            if self.cluster.kube.namespace(self.namespace) is None:
                return Ready(None)
            pods = [pod.name for pod in self.cluster.kube.pods(self.namespace)]
            idle = patience.is_stalled((tuple(pods), self.orphans.find().all))
            if not pods and not (works and not idle and lb_controller.is_serving(self.cluster.kube)):
                self._free(ctx)
            return Pending(f"pods are ending: {', '.join(pods)}" if pods else "its objects are being deleted")

        try:
            ctx.wait_for(f"namespace {self.namespace} to be deleted", probe, deadline=240)
        except DeadlineError as error:
            raise ClusterError(
                error.what, why=error.why, fix=f"kubectl get all -n {self.namespace}"
            ) from error
