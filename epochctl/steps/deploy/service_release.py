"""The service's Helm release in one cluster: what differs from the settings, and sending what should run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from epochctl.config.settings import Settings
from epochctl.errors import ClusterError, DeployError
from epochctl.kube import DeploymentState, PodState
from epochctl.kube.access import Cluster, wait_for_release
from epochctl.outputs import Certificate, PushedImage
from epochctl.steps.deploy import chart
from epochctl.steps.deploy.releases import AUTHOR, Releases
from epochctl.steps.deploy.watch import image_mismatch
from epochctl.tools.helm import Json, ReleaseState, canonical_json, changed_objects, without_hooks
from epochctl.user import whoami
from epochctl.workflow.step import Context


@dataclass(frozen=True)
class ServiceRelease:
    """The release of one environment in its region's cluster."""

    cluster: Cluster
    settings: Settings
    region: str

    @property
    def name(self) -> str:
        return self.settings.name

    @property
    def namespace(self) -> str:
        return self.settings.full_name

    @property
    def chart(self) -> Path:
        return self.settings.files_of("chart")

    def state(self) -> ReleaseState | None:
        """Return the newest revision, or None where nothing is installed."""
        return self.cluster.helm.release(self.name, self.namespace)

    def history(self) -> Releases:
        """Return a reader of all revisions."""
        return Releases(self.cluster.kube, self.namespace, self.name)

    def wait_until_idle(self, ctx: Context) -> ReleaseState | None:
        """Return the newest revision once no other helm works on the release."""
        return wait_for_release(ctx, self.cluster.helm, self.name, self.namespace)

    def values(self, certificate: Certificate, image: PushedImage) -> dict[str, Any]:
        """Return the chart's values. Reads the versions of the Secrets, not their contents."""
        names = self.settings.service.secrets
        versions = [self.cluster.kube.secret_version(self.namespace, name) for name in names]
        digest = chart.secrets_digest(versions)
        return chart.values(self.settings, self.region, image, certificate, self.chart, digest)

    def render(self, values: dict[str, Any]) -> tuple[Json, ...]:
        """Return the manifests that the chart makes of these values."""
        return self.cluster.helm.render(self.name, self.namespace, self.chart, values)

    def pending_changes(self, state: ReleaseState, values: dict[str, Any]) -> tuple[str, ...]:
        """Return what an upgrade with these values would change, a line each."""
        if state.status != "deployed":
            return (f"repair release {state.name}, which is {state.status}",)
        if state.values != canonical_json(values):
            changed = changed_objects(state.manifests, self.render(values))
            return changed or (f"upgrade release {state.name}",)
        kube = self.cluster.kube
        lines = [f"heal: make {name} again" for name in kube.missing(state.manifests, self.namespace)]
        live = kube.deployment(self.namespace, self.name)
        if live is not None and live.desired != values["replicas"]:
            lines.append(f"heal: {values['replicas']} replicas instead of {live.desired}")
        drifts = kube.drifts(without_hooks(state.manifests), self.namespace)
        is_reported = any(drift.name.startswith("Deployment/") for drift in drifts)
        digest = values["image"]["digest"]
        if live is not None and not is_reported and not _all_run(live, digest):
            lines.append("heal: the image of the release instead of another one")
        return (*lines, *(f"heal: {drift}" for drift in drifts))

    def send(self, ctx: Context, state: ReleaseState | None, values: dict[str, Any]) -> ReleaseState:
        """Install, or upgrade where `state` is a revision; return the new revision.

        Raises DeployError where helm or the cluster rejects it.
        """
        ctx.report(f"{'upgrade' if state else 'install'} release {self.name} in {self.namespace}")
        try:
            sent = self.cluster.helm.install_or_upgrade(
                self.name, self.namespace, self.chart, values, note=AUTHOR + whoami()
            )
        except ClusterError as error:
            raise DeployError(f"release {self.name} was not accepted", why=error.why) from error
        self._revert_drift(ctx, sent)
        return sent

    def pods(self) -> tuple[PodState, ...]:
        """Return the release's pods, without those that are terminating."""
        pods = self.cluster.kube.pods(self.namespace, chart.selector(self.name))
        return tuple(pod for pod in pods if not pod.terminating)

    def replace_mismatched_pods(self, ctx: Context, image: PushedImage, upgraded: bool) -> None:
        """Delete pods of the current revision whose image was changed by hand; new ones get the right image.

        Ready or not: a pod with a wrong image is seldom ready. Older revisions go with the rollout.
        """
        live = self.cluster.kube.deployment(self.namespace, self.name)
        if live is None or (upgraded and not live.complete):
            return  # which revision is the current one may not be known yet
        for pod, line in self.mismatched_pods(live, self.pods(), image).items():
            ctx.report(f"{line}: replaced")
            self.cluster.kube.delete_pod(self.namespace, pod)

    def mismatched_pods(
        self, live: DeploymentState, pods: tuple[PodState, ...], image: PushedImage
    ) -> dict[str, str]:
        """Return pods of the current revision that run another image: name -> what they run."""
        mismatched = [(pod, line) for pod in pods if (line := image_mismatch(pod, image))]
        if not mismatched:
            return {}  # the usual case: no need to know which revision is the current one
        current = self.cluster.kube.template_hash(self.namespace, chart.selector(self.name), live.revision)
        return {pod.name: line for pod, line in mismatched if pod.template_hash == current}

    def _revert_drift(self, ctx: Context, state: ReleaseState) -> None:
        """Restore fields that were added by hand: helm restores only those that were changed."""
        manifests = {
            f"{one['kind']}/{one['metadata']['name']}": one for one in without_hooks(state.manifests)
        }
        for drift in self.cluster.kube.drifts(manifests.values(), self.namespace):
            ctx.report(f"{drift}: put back as the release has it")
            self.cluster.kube.restore(manifests[drift.name], self.namespace)


def _all_run(live: DeploymentState, digest: str) -> bool:
    return all(image.endswith("@" + digest) for image in live.images)
