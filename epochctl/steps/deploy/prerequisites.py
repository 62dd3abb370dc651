"""What a release needs before it is sent: admission of its Ingress, a labelled namespace, Secrets."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from epochctl.command import Command, Kubectl
from epochctl.errors import ClusterError, DeadlineError, DeployError
from epochctl.kube import Kube, lb_controller
from epochctl.steps.deploy import chart
from epochctl.workflow.step import Context
from epochctl.workflow.waiting import Pending, Ready

UNCHANGED = "Nothing was changed, what runs goes on serving"
INSTALL = Command("lb-controller", "install")


@dataclass(frozen=True)
class Prerequisites:
    """The prerequisites of a release in one namespace. secrets: names that its pods read."""

    kube: Kube
    namespace: str
    secrets: tuple[str, ...]

    def ensure(self, ctx: Context) -> None:
        """Wait for the controller, create the namespace. Raises DeployError where Secrets are missing.

        In this order: nothing is changed while the controller would refuse the Ingress anyway.
        """
        self._wait_for_admission(ctx)
        self._wait_for_old_namespace(ctx)
        self.kube.ensure_namespace(self.namespace, chart.NAMESPACE_LABELS)
        missing = self.missing_secrets()
        if missing:
            lines = [
                Kubectl("-n", self.namespace, "create", "secret", "generic", name, "--from-env-file=FILE")
                for name in missing
            ]
            raise DeployError(
                f"the service wants Secrets that do not exist: {', '.join(missing)}",
                why=f"[service] secrets names them, {self.namespace} does not have them. {UNCHANGED}",
                fix="; ".join((*lines, f"then {Command('deploy')}")),
            )

    def missing_secrets(self) -> tuple[str, ...]:
        """Return the names of Secrets that do not exist. Reads no contents."""
        return tuple(name for name in self.secrets if not self.kube.has_secret(self.namespace, name))

    def _wait_for_admission(self, ctx: Context) -> None:
        probe, what = partial(lb_controller.probe_admission, self.kube), "the load balancer controller"
        try:
            ctx.wait_for(f"{what} to admit an Ingress", probe, deadline=40, fix=INSTALL)
        except DeadlineError as error:
            why, fix = f"{error.why}. {UNCHANGED}", f"{INSTALL}, then {Command('deploy')}"
            raise ClusterError(f"{what} does not admit an Ingress", why=why, fix=fix) from error

    def _wait_for_old_namespace(self, ctx: Context) -> None:
        def probe() -> Ready[None] | Pending:
            if not self.kube.is_terminating(self.namespace):
                return Ready(None)
            pods = ", ".join(pod.name for pod in self.kube.pods(self.namespace))
            held = ", ".join(f"Ingress {item.name}" for item in self.kube.ingresses(self.namespace))
            return Pending(f"it is being deleted; still there: {pods or held or 'its last objects'}")

        fix = Kubectl("get", "all,ingress", "-n", self.namespace)
        ctx.wait_for(f"the old namespace {self.namespace} to go", probe, deadline=240, fix=fix)
