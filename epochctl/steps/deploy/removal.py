"""Removes a release: its objects, its load balancer while the controller works, its namespace.

AWS resources are deleted by the controller, or by the `lb-controller` step where the controller is dead.
"""

from __future__ import annotations

from dataclasses import dataclass

from epochctl.command import Kubectl
from epochctl.errors import ClusterError, DeadlineError
from epochctl.kube import Kube, lb_controller
from epochctl.kube.orphans import Orphans
from epochctl.steps.deploy.service_release import ServiceRelease
from epochctl.workflow.stall_timer import StallTimer
from epochctl.workflow.step import Context
from epochctl.workflow.waiting import Pending, Ready


@dataclass(frozen=True)
class Removal:
    """One release in its namespace."""

    release: ServiceRelease
    orphans: Orphans

    @property
    def kube(self) -> Kube:
        return self.release.cluster.kube

    def run(self, ctx: Context) -> tuple[str, ...]:
        """Remove everything, in the order that leaves no load balancer; return a line for each removal."""
        kube, removed = self.kube, []
        if self.release.cluster.helm.uninstall(self.release.name, self.release.namespace):
            removed.append(f"release {self.release.name}")
        if kube.is_managed(self.release.namespace):
            for ingress in kube.ingresses(self.release.namespace):  # not in the release any more, or never
                kube.delete_ingress(self.release.namespace, ingress.name)
            controller_works = self._wait_for_load_balancer(ctx)
            kube.delete_namespace(self.release.namespace)
            self._wait_for_namespace(ctx, controller_works)
            removed.append(f"namespace {self.release.namespace}")
        elif kube.namespace(self.release.namespace) is not None:
            ctx.report(f"namespace {self.release.namespace} was not made by epochctl: kept")
        return tuple(removed)

    def _wait_for_load_balancer(self, ctx: Context) -> bool:
        """Wait until the controller has let go of every Ingress; return whether the controller works.

        It holds an Ingress by a finalizer as long as there is a load balancer. A controller that runs and
        does nothing sets the finalizer again after it was removed.
        """
        if not self.kube.ingresses(self.release.namespace):
            return True
        if not lb_controller.is_serving(self.kube):
            ctx.report("the load balancer controller is dead: its load balancers are left to `lb-controller`")
            self._remove_finalizers(ctx)
            return False
        stall = StallTimer(ctx.clock, lb_controller.STALL)
        try:
            what = "the load balancer to be deleted"
            ctx.wait_for(what, lambda: self._ingress_probe(stall), deadline=240)
        except DeadlineError as error:
            ctx.report(f"{error.what} ({error.why}): left to `lb-controller`, which deletes by tag")
            self._remove_finalizers(ctx)
            return False
        return True

    def _ingress_probe(self, stall: StallTimer) -> Ready[None] | Pending:
        """Ready without an Ingress. Raises DeadlineError once the controller deletes nothing any more."""
        left = self.kube.ingresses(self.release.namespace)
        if not left:
            return Ready(None)
        events = self.kube.events(self.release.namespace, left[0].name, kind="Ingress", limit=1)
        cause = events[0] if events else f"Ingress {left[0].name} is held by the controller"
        if stall.is_stalled((left, self.orphans.find().all)):
            what = f"the load balancer controller has done nothing for {stall.seconds:.0f} s"
            raise DeadlineError(what, why=cause)
        return Pending(cause)

    def _remove_finalizers(self, ctx: Context) -> None:
        """Delete the dead controller's webhooks, which refuse every change, and strip its finalizers."""
        self.kube.delete_webhooks(lb_controller.WEBHOOKS)
        for freed in self.kube.remove_finalizers(self.release.namespace):
            ctx.report(f"freed {freed} from the controller's finalizer")

    def _wait_for_namespace(self, ctx: Context, controller_works: bool) -> None:
        stall = StallTimer(ctx.clock, lb_controller.STALL)

        def probe() -> Ready[None] | Pending:
            if self.kube.namespace(self.release.namespace) is None:
                return Ready(None)
            pods = [pod.name for pod in self.kube.pods(self.release.namespace)]
            is_idle = stall.is_stalled((tuple(pods), self.orphans.find().all))
            works = controller_works and not is_idle
            if not pods and not (works and lb_controller.is_serving(self.kube)):
                self._remove_finalizers(ctx)
            return Pending(f"pods are ending: {', '.join(pods)}" if pods else "its objects are being deleted")

        try:
            ctx.wait_for(f"namespace {self.release.namespace} to be deleted", probe, deadline=240)
        except DeadlineError as error:
            raise ClusterError(
                error.what, why=error.why, fix=Kubectl("get", "all", "-n", self.release.namespace)
            ) from error
