"""After a failed rollout: back to the revision before, what then serves, and what the user should do.

Knows nothing of how the rollout was watched.
"""

from __future__ import annotations

from dataclasses import dataclass

from epochctl.errors import DeadlineError, DeployError
from epochctl.kube.access import Cluster
from epochctl.workflow.step import Context

NEWLINE = "\n"
AGAIN = "then epochctl deploy"
REMEDIES = {
    "image": "correct [service] image or --image, and see that the nodes may pull it",
    "crash": "put right what the lines above say",
    "memory": "raise [service] memory and memory_limit",
    "startup": "correct [service] port or health_path, or raise start_seconds",
    "readiness": "see why the health path answers so",
    "configuration": "make what the container asks for ([service] secrets)",
    "unschedulable": "lower [service] cpu or memory, or raise [cluster] nodes or instance_types",
    "unhealthy": "correct [service] port or health_path: the load balancer asks there",
}


class NotRollbackable(DeployError):
    """A failure that going back would not mend: nothing is taken back."""


@dataclass(frozen=True)
class AutoRollback:
    """One release that did not become healthy."""

    cluster: Cluster
    namespace: str
    release: str

    def run(self, ctx: Context, failure: DeployError | DeadlineError, upgraded: bool) -> DeployError:
        """The failure as the user reads it, after going back where this run or a killed one replaced it."""
        ctx.say(f"{failure.what}: {failure.why.partition(NEWLINE)[0]}")  # first: going back takes its time
        after = self._go_back(upgraded)
        ctx.say(after)
        advice = failure.fix or "put the cause right"
        return DeployError(failure.what, why=failure.why, fix=f"{advice}, {AGAIN} ({after})")

    def _go_back(self, upgraded: bool) -> str:
        helm = self.cluster.helm
        state = helm.release(self.release, self.namespace)
        if state is None:
            return "nothing is installed"
        older = helm.revision_before(self.release, self.namespace, state.revision)
        if older is not None and (upgraded or self._halfway()):
            helm.rollback(self.release, self.namespace, older)
            return f"back at revision {older}, {self._serves()}"
        if older is None and upgraded:
            helm.uninstall(self.release, self.namespace)
            return "the first install was taken back"
        if older is not None:
            return "left as it is; epochctl rollback goes back to an older revision"
        return "left as it is: there is no older revision to go back to"

    def _serves(self) -> str:
        """Whether pods still are ready: a rollout takes none away before a new one serves."""
        pods = self.cluster.kube.pods(self.namespace, f"app.kubernetes.io/instance={self.release}")
        serving = any(pod.ready and not pod.terminating for pod in pods)
        return "which still serves" if serving else "none of whose pods is ready yet: epochctl status"

    def _halfway(self) -> bool:
        """Whether pods of an older revision still serve: then the present one never became healthy."""
        live = self.cluster.kube.deployment(self.namespace, self.release)
        return live is not None and live.total > live.updated
