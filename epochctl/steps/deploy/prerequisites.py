"""What must be true before a release is sent: a controller that admits it, a labelled namespace, Secrets.

Knows nothing of helm.
"""

from __future__ import annotations

from dataclasses import dataclass

from epochctl.errors import ClusterError, DeadlineError, DeployError
from epochctl.kube import Kube, lb_controller
from epochctl.steps.deploy import chart
from epochctl.workflow.step import Context
from epochctl.workflow.waiting import Pending, Ready

UNCHANGED = "Nothing was changed, what runs goes on serving"
INSTALL = "epochctl lb-controller install"


@dataclass(frozen=True)
class Prerequisites:
    """One namespace, before its release is sent."""

    kube: Kube
    namespace: str
    secrets: tuple[str, ...]

    def run(self, ctx: Context) -> None:
        """In this order: nothing is changed while the controller would refuse the Ingress anyway."""
        self._await_admission(ctx)
        self._await_absence(ctx)
        self.kube.ensure_namespace(self.namespace, chart.NAMESPACE_LABELS)
        missing = self.missing_secrets()
        if missing:
            lines = [
                f"kubectl -n {self.namespace} create secret generic {name} --from-env-file=FILE"
                for name in missing
            ]
            raise DeployError(
                f"the service wants Secrets that do not exist: {', '.join(missing)}",
                why=f"[service] secrets names them, {self.namespace} does not have them. {UNCHANGED}",
                fix="; ".join((*lines, "then epochctl deploy")),
            )

    def missing_secrets(self) -> tuple[str, ...]:
        """Which Secrets of the settings are not there. Only their names are asked for."""
        return tuple(name for name in self.secrets if not self.kube.has_secret(self.namespace, name))

    def _await_admission(self, ctx: Context) -> None:
        def probe() -> Ready[None] | Pending:
            cause = lb_controller.admission_error(self.kube)
            return Pending(cause) if cause else Ready(None)

        what = "the load balancer controller to admit an Ingress"
        try:
            ctx.wait_for(what, probe, deadline=40, fix=INSTALL)
        except DeadlineError as error:
            raise ClusterError(
                "the load balancer controller does not admit an Ingress",
                why=f"{error.why}. {UNCHANGED}",
                fix=f"{INSTALL}, then epochctl deploy",
            ) from error

    def _await_absence(self, ctx: Context) -> None:
        def probe() -> Ready[None] | Pending:
            if not self.kube.is_terminating(self.namespace):
                return Ready(None)
            pods = ", ".join(pod.name for pod in self.kube.pods(self.namespace))
            held = ", ".join(f"Ingress {item.name}" for item in self.kube.ingresses(self.namespace))
            return Pending(f"it is being deleted; still there: {pods or held or 'its last objects'}")

        fix = f"kubectl get all,ingress -n {self.namespace}"
        ctx.wait_for(f"the old namespace {self.namespace} to go", probe, deadline=240, fix=fix)
