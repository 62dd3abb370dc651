"""`deploy`: a release that runs the pushed digest and is served; or the one cause why not, and the old one.

Knows nothing of how the image, the cluster or the certificate came about.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from typing import Any, ClassVar

from epochctl.aws.eks import Eks
from epochctl.aws.elbv2 import Elbv2
from epochctl.aws.network import Subnets
from epochctl.aws.session import Aws
from epochctl.config.settings import Settings
from epochctl.errors import ClusterError, DeadlineError, DeployError
from epochctl.kube import DeploymentState, Kube, PodState, lb_controller
from epochctl.kube.access import Cluster, reach, wait_for_release
from epochctl.kube.orphans import Orphans
from epochctl.outputs import Certificate, Infrastructure, LoadBalancerController, PushedImage, Release
from epochctl.steps.deploy import chart
from epochctl.steps.deploy.auto_rollback import AutoRollback, NotRollbackable
from epochctl.steps.deploy.health_path_change import HealthCheckHold, health_path_change
from epochctl.steps.deploy.prerequisites import Prerequisites
from epochctl.steps.deploy.releases import AUTHOR, Releases, health_path_of, image_of
from epochctl.steps.deploy.removal import Removal
from epochctl.steps.deploy.targets import TargetHealth
from epochctl.steps.deploy.watch import ReleaseWatch, image_mismatch
from epochctl.tools.helm import (
    Difference,
    ReleaseState,
    canonical_json,
    changed_objects,
    differences,
    without_hooks,
)
from epochctl.user import whoami
from epochctl.workflow.outputs import Outputs
from epochctl.workflow.step import Context, Observation


class Deploy:
    """The service, by its chart and a digest."""

    name: ClassVar[str] = "deploy"
    needs: ClassVar[tuple[type, ...]] = (Infrastructure, Certificate, LoadBalancerController, PushedImage)
    produces: ClassVar[type] = Release

    def __init__(
        self,
        settings: Settings,
        region: str,
        *,
        aws: Aws,
        eks: Eks,
        elbv2: Elbv2,
        orphans: Orphans,
        keeping: HealthCheckHold | None = None,
    ) -> None:
        self._settings, self._region, self._eks, self._elbv2 = settings, region, eks, elbv2
        self._subnets = Subnets(aws)
        self._orphans, self._keeping = orphans, keeping
        self._namespace, self._release = settings.full_name, settings.name
        self._chart = settings.files_of("chart")

    def observe(self, ctx: Context) -> Observation:
        cluster, image = reach(self._eks, self._settings, self._region), ctx.outputs.get(PushedImage)
        state = cluster.helm.release(self._release, self._namespace) if cluster else None
        if cluster is None or state is None:
            return Observation(None, (f"install release {self._release} with {image.digest[:19]}",))
        values = self._values(ctx, cluster)
        changes = self._due(cluster, state, values)
        changes = changes or self._ailments(cluster, image)
        address, _ = self._serving(cluster).address()
        # A release that ails is still one: what follows it (verify, status) must be able to look at it.
        output = self._output(state, image, address) if address else None
        return Observation(output, changes, exists=True)

    def discover(self, ctx: Context) -> Release | None:
        """The release that is there, whatever image this machine has or would make."""
        cluster = reach(self._eks, self._settings, self._region)
        state = cluster.helm.release(self._release, self._namespace) if cluster else None
        address = self._serving(cluster).address()[0] if cluster and state else ""
        return self._output(state, image_of(state), address) if state and address else None

    def apply(self, ctx: Context) -> Release:
        cluster, image = self._reach(ctx), ctx.outputs.get(PushedImage)
        Prerequisites(cluster.kube, self._namespace, self._settings.service.secrets).run(ctx)
        state = wait_for_release(ctx, cluster.helm, self._release, self._namespace)
        upgraded = state is None or bool(self._due(cluster, state, self._values(ctx, cluster)))
        path = self._settings.service.health_path
        with self._passage(ctx, cluster, state, path), self._retreating(ctx, cluster, upgraded):
            if state is None or upgraded:
                state = self._send(ctx, cluster, state)
            self._replace_strangers(ctx, cluster, image, upgraded)
            address = self._watch(cluster).run(ctx, image)
        for line in state.notes.splitlines() if upgraded else ():
            ctx.say(line)
        return self._output(state, image, address)

    def destroy(self, ctx: Context) -> tuple[str, ...]:
        """Uninstall while the controller is alive, and wait for its load balancer to go."""
        cluster = reach(self._eks, self._settings, self._region)
        if cluster is None:
            return ()
        try:
            return Removal(cluster, self._orphans, self._namespace, self._release).run(ctx)
        except ClusterError as error:
            if cluster_answers(cluster):
                raise
            ctx.say(f"{error.what}: what runs in it goes with it")
            return ()

    def releases(self) -> Releases | None:
        """The revisions there are; None without a cluster."""
        cluster = reach(self._eks, self._settings, self._region)
        return Releases(cluster.kube, self._namespace, self._release) if cluster else None

    def address(self, kube: Kube) -> tuple[str, str]:
        """The load balancer's name, and "" or why there is none."""
        return TargetHealth(kube, self._elbv2, self._namespace, self._release).address()

    def compare(self, ctx: Context) -> tuple[Difference, ...]:
        """What `apply` would send, against what was sent last; the old image, where the new is not pushed."""
        cluster = self._reach(ctx)
        state = cluster.helm.release(self._release, self._namespace)
        if ctx.outputs.find(PushedImage) is None and state is not None:
            outputs = Outputs(ctx.outputs.get(Certificate), image_of(state))
            ctx = replace(ctx, outputs=outputs)
        values = self._values(ctx, cluster)
        rendered = cluster.helm.render(self._release, self._namespace, self._chart, values)
        return differences(state.manifests if state else (), rendered)

    def roll_back(self, ctx: Context, target: ReleaseState) -> Release:
        """An older revision again, waited for like a deploy; where it fails, back to the one before."""
        cluster, image = self._reach(ctx), image_of(target)
        Prerequisites(cluster.kube, self._namespace, ()).run(ctx)
        present = wait_for_release(ctx, cluster.helm, self._release, self._namespace)
        ctx.say(f"roll release {self._release} back to revision {target.revision}")
        path = health_path_of(target)
        with self._passage(ctx, cluster, present, path), self._retreating(ctx, cluster, True):
            cluster.helm.rollback(self._release, self._namespace, target.revision)
            address = self._watch(cluster).run(ctx, image)
        state = cluster.helm.release(self._release, self._namespace) or target
        return self._output(state, image, address)

    @contextmanager
    def _retreating(self, ctx: Context, cluster: Cluster, upgraded: bool) -> Iterator[None]:
        """What cannot become healthy makes way for what was there before."""
        try:
            yield
        except NotRollbackable:
            raise
        except (DeployError, DeadlineError) as failure:
            raise AutoRollback(cluster, self._namespace, self._release).run(
                ctx, failure, upgraded
            ) from failure

    def _passage(
        self, ctx: Context, cluster: Cluster, state: ReleaseState | None, path: str
    ) -> AbstractContextManager[None]:
        """To another health path, where the release has one that is not `path`."""
        releases = Releases(cluster.kube, self._namespace, self._release)
        before = health_path_of(state) if state else ""
        return health_path_change(
            ctx, self._keeping, before, path, lambda: health_path_of(releases.states()[0])
        )

    def _values(self, ctx: Context, cluster: Cluster) -> dict[str, Any]:
        certificate, image = ctx.outputs.get(Certificate), ctx.outputs.get(PushedImage)
        names = self._settings.service.secrets
        mark = chart.mark([cluster.kube.secret_version(self._namespace, name) for name in names])
        return chart.values(self._settings, self._region, image, certificate, self._chart, mark)

    def _due(self, cluster: Cluster, state: ReleaseState, values: dict[str, Any]) -> tuple[str, ...]:
        """What an upgrade would put right, a line each."""
        if state.status != "deployed":
            return (f"repair release {state.name}, which is {state.status}",)
        if state.values != canonical_json(values):
            rendered = cluster.helm.render(self._release, self._namespace, self._chart, values)
            return changed_objects(state.manifests, rendered) or (f"upgrade release {state.name}",)
        lines = [
            f"heal: make {name} again" for name in cluster.kube.missing(state.manifests, self._namespace)
        ]
        live = cluster.kube.deployment(self._namespace, self._release)
        if live is not None and live.desired != values["replicas"]:
            lines.append(f"heal: {values['replicas']} replicas instead of {live.desired}")
        drifts = cluster.kube.drifts(without_hooks(state.manifests), self._namespace)
        named = any(drift.name.startswith("Deployment/") for drift in drifts)
        if (
            live is not None
            and not named
            and not all(image.endswith("@" + values["image"]["digest"]) for image in live.images)
        ):
            lines.append("heal: the image of the release instead of another one")
        return (*lines, *(f"heal: {drift}" for drift in drifts))

    def _ailments(self, cluster: Cluster, image: PushedImage) -> tuple[str, ...]:
        """What waiting, and nothing else, would put right."""
        live, pods = cluster.kube.deployment(self._namespace, self._release), self._pods(cluster)
        strangers = self._strangers(cluster, live, pods, image) if live else {}
        if strangers:
            return tuple(f"heal: {line}" for line in strangers.values())
        if live is None or not live.complete:
            counts = f"{live.available} of {live.desired}" if live else "none"
            return (f"heal: {counts} pods are available",)
        refusal = lb_controller.admission_error(cluster.kube)
        if refusal:
            return (f"heal: {refusal}",)
        serving = self._serving(cluster)
        _, cause = serving.address()
        hindrance = None if cause else serving.why_not_serving(pods)
        cause = cause or (hindrance.message if hindrance else "")
        return (f"heal: {cause}",) if cause else ()

    def _pods(self, cluster: Cluster) -> tuple[PodState, ...]:
        pods = cluster.kube.pods(self._namespace, chart.selector(self._release))
        return tuple(pod for pod in pods if not pod.terminating)

    def _reach(self, ctx: Context) -> Cluster:
        cluster = reach(self._eks, self._settings, self._region)
        if cluster is None:
            name = self._settings.full_name
            raise ClusterError(f"there is no cluster {name} to deploy to", fix="epochctl infra up")
        return cluster

    def _replace_strangers(self, ctx: Context, cluster: Cluster, image: PushedImage, upgraded: bool) -> None:
        """Pods of the present revision whose image somebody changed: ended, so that true ones are made.

        Ready or not: one that was given a wrong image seldom is. Older revisions go with the rollout.
        """
        live = cluster.kube.deployment(self._namespace, self._release)
        if live is None or (upgraded and not live.complete):
            return  # which revision is the present one may not be known yet
        for pod, line in self._strangers(cluster, live, self._pods(cluster), image).items():
            ctx.say(f"{line}: replaced")
            cluster.kube.delete_pod(self._namespace, pod)

    def _strangers(
        self, cluster: Cluster, live: DeploymentState, pods: tuple[PodState, ...], image: PushedImage
    ) -> dict[str, str]:
        """Pods of the present revision that run something else, and what; older ones are on their way out."""
        strange = [(pod, line) for pod in pods if (line := image_mismatch(pod, image))]
        if not strange:
            return {}  # the usual case: no need to know which revision is the present one
        mark = cluster.kube.template_hash(self._namespace, chart.selector(self._release), live.revision)
        return {pod.name: line for pod, line in strange if pod.template_hash == mark}

    def _send(self, ctx: Context, cluster: Cluster, state: ReleaseState | None) -> ReleaseState:
        ctx.say(f"{'upgrade' if state else 'install'} release {self._release} in {self._namespace}")
        values = self._values(ctx, cluster)
        try:
            sent = cluster.helm.install_or_upgrade(
                self._release, self._namespace, self._chart, values, note=AUTHOR + whoami()
            )
        except ClusterError as error:
            raise DeployError(f"release {self._release} was not accepted", why=error.why) from error
        self._restore(ctx, cluster, sent)
        return sent

    def _restore(self, ctx: Context, cluster: Cluster, state: ReleaseState) -> None:
        """helm puts right what was changed, and leaves alone what somebody added."""
        manifests = {
            f"{one['kind']}/{one['metadata']['name']}": one for one in without_hooks(state.manifests)
        }
        for drift in cluster.kube.drifts(manifests.values(), self._namespace):
            ctx.say(f"{drift}: put back as the release has it")
            cluster.kube.restore(manifests[drift.name], self._namespace)

    def _watch(self, cluster: Cluster) -> ReleaseWatch:
        service = self._settings.service
        # One pod after the other, each until the load balancer has it.
        patience = 300.0 + service.replicas * (60.0 + service.start_seconds)
        return ReleaseWatch(cluster.kube, self._serving(cluster), self._subnets, patience)

    def _serving(self, cluster: Cluster) -> TargetHealth:
        return TargetHealth(cluster.kube, self._elbv2, self._namespace, self._release)

    def _output(self, state: ReleaseState, image: PushedImage, address: str) -> Release:
        url = f"https://{self._settings.hostname}/"
        return Release(state.revision, self._namespace, image.digest, url, address)


def cluster_answers(cluster: Cluster) -> bool:
    """Whether its API server is there at all."""
    try:
        return cluster.kube.is_ready()
    except ClusterError:
        return False
