"""`deploy`: sends the release (service_release), watches it until it is served (watch), or rolls it back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import ClassVar

from epochctl.aws.elbv2 import Elbv2
from epochctl.aws.network import Subnets
from epochctl.aws.session import Aws
from epochctl.command import Command
from epochctl.config.settings import Settings
from epochctl.errors import ClusterError
from epochctl.kube import Kube, lb_controller
from epochctl.kube.access import Cluster
from epochctl.kube.orphans import Orphans
from epochctl.outputs import Certificate, Infrastructure, LoadBalancerController, PushedImage, Release
from epochctl.steps.deploy.health_path_change import HealthCheckHold, health_path_change
from epochctl.steps.deploy.prerequisites import Prerequisites
from epochctl.steps.deploy.releases import Releases, health_path_of, image_of
from epochctl.steps.deploy.removal import Removal
from epochctl.steps.deploy.rollback import roll_back_on_failure
from epochctl.steps.deploy.service_release import ServiceRelease
from epochctl.steps.deploy.watch import ReleaseWatch, TargetHealth
from epochctl.tools.helm import Difference, ReleaseState, differences
from epochctl.workflow.step import Context, Observation


class Deploy:
    """The service in its namespace, by its chart and an image digest."""

    name: ClassVar[str] = "deploy"
    needs: ClassVar[tuple[type, ...]] = (Infrastructure, Certificate, LoadBalancerController, PushedImage)
    produces: ClassVar[type] = Release

    def __init__(
        self,
        settings: Settings,
        region: str,
        *,
        aws: Aws,
        elbv2: Elbv2,
        orphans: Orphans,
        find_cluster: Callable[[], Cluster | None],
        health_check_hold: HealthCheckHold | None = None,
    ) -> None:
        """find_cluster: the environment's cluster, or None where there is none to deploy to."""
        self._settings, self._region, self._elbv2 = settings, region, elbv2
        self._subnets, self._orphans = Subnets(aws), orphans
        self._find_cluster, self._health_check_hold = find_cluster, health_check_hold

    def observe(self, ctx: Context) -> Observation:
        """Compare the release with the settings, then the pods with the release."""
        image, release = ctx.outputs.get(PushedImage), self._find_release()
        state = release.state() if release else None
        if release is None or state is None:
            return Observation(None, (f"install release {self._settings.name} with {image.digest[:19]}",))
        values = release.values(ctx.outputs.get(Certificate), image)
        changes = release.pending_changes(state, values) or self._health(release, image)
        address, _ = self.address(release.cluster.kube)
        # An unhealthy release has an output, too: `verify` and `status` need it to explain what is wrong.
        output = self._output(state, image, address) if address else None
        return Observation(output, changes, exists=True)

    def discover(self, ctx: Context) -> Release | None:
        """Return the release that is installed, whatever image this machine has, or None."""
        release = self._find_release()
        state = release.state() if release else None
        if release is None or state is None:
            return None
        address, _ = self.address(release.cluster.kube)
        return self._output(state, image_of(state), address) if address else None

    def apply(self, ctx: Context) -> Release:
        """Send the release where it differs, and wait until the load balancer serves it.

        Raises DeployError or DeadlineError after rolling back to the revision before.
        """
        image, certificate = ctx.outputs.get(PushedImage), ctx.outputs.get(Certificate)
        release, path = self._require_release(), self._settings.service.health_path
        kube, namespace = release.cluster.kube, release.namespace
        Prerequisites(kube, namespace, self._settings.service.secrets).ensure(ctx)
        state = release.wait_until_idle(ctx)
        is_due = state is None or bool(release.pending_changes(state, release.values(certificate, image)))
        with self._replacing(ctx, release, state, path, replaced=is_due):
            if state is None or is_due:
                state = release.send(ctx, state, release.values(certificate, image))
            release.replace_mismatched_pods(ctx, image, upgraded=is_due)
            address = self._watch(release).run(ctx, image)
        for line in state.notes.splitlines() if is_due else ():
            ctx.report(line)
        return self._output(state, image, address)

    def destroy(self, ctx: Context) -> tuple[str, ...]:
        """Uninstall the release while the controller works; return a line for each removal."""
        release = self._find_release()
        if release is None:
            return ()
        try:
            return Removal(release, self._orphans).run(ctx)
        except ClusterError as error:
            if is_ready(release.cluster):
                raise
            ctx.report(f"{error.what}: what runs in it goes with it")
            return ()

    def releases(self) -> Releases | None:
        """Return the revisions that helm recorded, or None without a cluster."""
        release = self._find_release()
        return release.history() if release else None

    def address(self, kube: Kube) -> tuple[str, str]:
        """Return the load balancer's DNS name and "", or "" and why there is none."""
        return self._target_health(kube).address()

    def compare(self, ctx: Context) -> tuple[Difference, ...]:
        """Return how `apply` would change each object of the release that was sent last.

        Uses the image of that release where the new one has not been pushed.
        """
        release = self._require_release()
        state, pushed = release.state(), ctx.outputs.find(PushedImage)
        image = image_of(state) if pushed is None and state else ctx.outputs.get(PushedImage)
        rendered = release.render(release.values(ctx.outputs.get(Certificate), image))
        return differences(state.manifests if state else (), rendered)

    def roll_back(self, ctx: Context, target: ReleaseState) -> Release:
        """Make `target` the current revision again, and wait for it as `apply` does.

        Raises DeployError or DeadlineError after going back to the revision before.
        """
        release, image = self._require_release(), image_of(target)
        Prerequisites(release.cluster.kube, release.namespace, ()).ensure(ctx)
        current = release.wait_until_idle(ctx)
        ctx.report(f"roll release {release.name} back to revision {target.revision}")
        with self._replacing(ctx, release, current, health_path_of(target), replaced=True):
            release.cluster.helm.rollback(release.name, release.namespace, target.revision)
            address = self._watch(release).run(ctx, image)
        return self._output(release.state() or target, image, address)

    @contextmanager
    def _replacing(
        self,
        ctx: Context,
        release: ServiceRelease,
        current: ReleaseState | None,
        path: str,
        *,
        replaced: bool,
    ) -> Iterator[None]:
        """Keep DNS steady while the health path changes to `path`; roll back where the block fails."""
        before, hold = health_path_of(current) if current else "", self._health_check_hold

        def path_after_failure() -> str:
            return health_path_of(release.history().states()[0])

        with (
            health_path_change(ctx, hold, before, path, path_after_failure),
            roll_back_on_failure(ctx, release, replaced),
        ):
            yield

    def _health(self, release: ServiceRelease, image: PushedImage) -> tuple[str, ...]:
        """Return what only waiting can repair: pods, admission, the load balancer, its targets."""
        kube = release.cluster.kube
        live, pods = kube.deployment(release.namespace, release.name), release.pods()
        if live and (mismatched := release.mismatched_pods(live, pods, image)):
            return tuple(f"heal: {line}" for line in mismatched.values())
        if live is None or not live.complete:
            counts = f"{live.available} of {live.desired}" if live else "none"
            return (f"heal: {counts} pods are available",)
        if refusal := lb_controller.admission_error(kube):
            return (f"heal: {refusal}",)
        target_health = self._target_health(kube)
        _, cause = target_health.address()
        trouble = None if cause else target_health.why_not_serving(pods)
        cause = cause or (trouble.message if trouble else "")
        return (f"heal: {cause}",) if cause else ()

    def _find_release(self) -> ServiceRelease | None:
        cluster = self._find_cluster()
        return ServiceRelease(cluster, self._settings, self._region) if cluster else None

    def _require_release(self) -> ServiceRelease:
        release = self._find_release()
        if release is None:
            name = self._settings.full_name
            raise ClusterError(f"there is no cluster {name} to deploy to", fix=Command("infra", "up"))
        return release

    def _watch(self, release: ServiceRelease) -> ReleaseWatch:
        service, kube = self._settings.service, release.cluster.kube
        # A rolling update replaces one pod after the other, each until the load balancer sends to it.
        timeout = 300.0 + service.replicas * (60.0 + service.start_seconds)
        return ReleaseWatch(kube, self._target_health(kube), self._subnets, timeout)

    def _target_health(self, kube: Kube) -> TargetHealth:
        return TargetHealth(kube, self._elbv2, self._settings.full_name, self._settings.name)

    def _output(self, state: ReleaseState, image: PushedImage, address: str) -> Release:
        url = f"https://{self._settings.hostname}/"
        return Release(state.revision, self._settings.full_name, image.digest, url, address)


def is_ready(cluster: Cluster) -> bool:
    """Return whether the cluster's API server answers."""
    try:
        return cluster.kube.is_ready()
    except ClusterError:
        return False
