"""`deploy`: a release that runs the pushed digest and is served; or the one cause why not, and the old one.

Knows nothing of how the image, the cluster or the certificate came about.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

from epochctl.clients.aws import Aws
from epochctl.clients.eks import Eks
from epochctl.clients.elbv2 import Elbv2
from epochctl.clients.kube import PodState
from epochctl.cluster import controller
from epochctl.cluster.access import Cluster, reach, settled
from epochctl.cluster.rollout import Rollout
from epochctl.errors import ClusterError, DeadlineError, DeployError
from epochctl.outputs import Certificate, Infrastructure, LoadBalancerController, PushedImage, Release
from epochctl.settings import Settings
from epochctl.steps.deploy import chart
from epochctl.steps.deploy.releases import AUTHOR, Releases, image_of
from epochctl.steps.deploy.removal import Removal
from epochctl.steps.deploy.serving import AddressProbe, Serving, TargetsProbe
from epochctl.tools.helm import Difference, ReleaseState, canonical, changed_objects, differences
from epochctl.workflow.journal import whoami
from epochctl.workflow.outputs import Outputs
from epochctl.workflow.step import Context, Observation
from epochctl.workflow.waiting import Pending, Ready


class Deploy:
    """The service, by its chart and a digest."""

    name: ClassVar[str] = "deploy"
    needs: ClassVar[tuple[type, ...]] = (Infrastructure, Certificate, LoadBalancerController, PushedImage)
    produces: ClassVar[type] = Release

    def __init__(self, settings: Settings, region: str, *, aws: Aws, eks: Eks, elbv2: Elbv2) -> None:
        self._settings, self._region, self._eks, self._elbv2 = settings, region, eks, elbv2
        self._namespace, self._release = settings.full_name, settings.name

    def observe(self, ctx: Context) -> Observation:
        cluster, image = reach(self._eks, self._settings, self._region), ctx.outputs.get(PushedImage)
        state = cluster.helm.release(self._release, self._namespace) if cluster else None
        if cluster is None or state is None:
            return Observation(None, (f"install release {self._release} with {image.digest[:19]}",))
        values = self._values(ctx)
        changes = self._due(cluster, state, values)
        changes = changes or self._ailments(cluster, image)
        address, _ = self._serving(cluster).address()
        # A release that ails is still one: what follows it (verify, status) must be able to look at it.
        output = self._output(state, image, address) if address else None
        return Observation(output, changes, exists=True)

    def apply(self, ctx: Context) -> Release:
        cluster, image = self._reach(ctx), ctx.outputs.get(PushedImage)
        self._prepare(ctx, cluster)
        state = settled(ctx, cluster.helm, self._release, self._namespace)
        upgraded = state is None or bool(self._due(cluster, state, self._values(ctx)))
        try:
            if state is None or upgraded:
                state = self._send(ctx, cluster, state)
            address = self._await(ctx, cluster, image)
        except (DeployError, DeadlineError) as failure:
            raise self._failed(ctx, cluster, failure, upgraded) from failure
        for line in state.notes.splitlines() if upgraded else ():
            ctx.say(line)
        return self._output(state, image, address)

    def destroy(self, ctx: Context) -> tuple[str, ...]:
        """Uninstall while the controller is alive, and wait for its load balancer to go."""
        cluster = reach(self._eks, self._settings, self._region)
        if cluster is None:
            return ()
        try:
            return Removal(cluster, self._elbv2, self._namespace, self._release).run(ctx)
        except ClusterError as error:
            if cluster_answers(cluster):
                raise
            ctx.say(f"{error.what}: what runs in it goes with it")
            return ()

    def releases(self) -> Releases | None:
        """The revisions there are; None without a cluster."""
        cluster = reach(self._eks, self._settings, self._region)
        return Releases(cluster.kube, self._namespace, self._release) if cluster else None

    def compare(self, ctx: Context) -> tuple[Difference, ...]:
        """What `apply` would send, against what was sent last; the old image, where the new is not pushed."""
        cluster = self._reach(ctx)
        state = cluster.helm.release(self._release, self._namespace)
        if ctx.outputs.find(PushedImage) is None and state is not None:
            outputs = Outputs(ctx.outputs.get(Certificate), image_of(state))
            ctx = replace(ctx, outputs=outputs)
        rendered = cluster.helm.render(self._release, self._namespace, chart.DIRECTORY, self._values(ctx))
        return differences(state.manifests if state else (), rendered)

    def roll_back(self, ctx: Context, target: ReleaseState) -> Release:
        """An older revision again, waited for like a deploy; where it fails, back to the one before."""
        cluster, image = self._reach(ctx), image_of(target)
        self._prepare(ctx, cluster)
        settled(ctx, cluster.helm, self._release, self._namespace)
        ctx.say(f"roll release {self._release} back to revision {target.revision}")
        try:
            cluster.helm.rollback(self._release, self._namespace, target.revision)
            address = self._await(ctx, cluster, image)
        except (DeployError, DeadlineError) as failure:
            raise self._failed(ctx, cluster, failure, True) from failure
        state = cluster.helm.release(self._release, self._namespace) or target
        return self._output(state, image, address)

    def _values(self, ctx: Context) -> dict[str, Any]:
        certificate, image = ctx.outputs.get(Certificate), ctx.outputs.get(PushedImage)
        return chart.values(self._settings, image, certificate, chart.DIRECTORY)

    def _due(self, cluster: Cluster, state: ReleaseState, values: dict[str, Any]) -> tuple[str, ...]:
        """What an upgrade would put right, a line each."""
        if state.status != "deployed":
            return (f"repair release {state.name}, which is {state.status}",)
        if state.values != canonical(values):
            rendered = cluster.helm.render(self._release, self._namespace, chart.DIRECTORY, values)
            return changed_objects(state.manifests, rendered) or (f"upgrade release {state.name}",)
        lines = [
            f"heal: make {name} again" for name in cluster.kube.missing(state.manifests, self._namespace)
        ]
        live = cluster.kube.deployment(self._namespace, self._release)
        if live is not None and live.desired != values["replicas"]:
            lines.append(f"heal: {values['replicas']} replicas instead of {live.desired}")
        if live is not None and not all(
            image.endswith("@" + values["image"]["digest"]) for image in live.images
        ):
            lines.append("heal: the image of the release instead of another one")
        return tuple(lines)

    def _ailments(self, cluster: Cluster, image: PushedImage) -> tuple[str, ...]:
        """What waiting, and nothing else, would put right."""
        live = cluster.kube.deployment(self._namespace, self._release)
        if live is None or not live.complete:
            counts = f"{live.available} of {live.desired}" if live else "none"
            return (f"heal: {counts} pods are available",)
        serving, pods = self._serving(cluster), self._pods(cluster)
        _, cause = serving.address()
        hindrance = None if cause else serving.hindrance(pods)
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

    def _prepare(self, ctx: Context, cluster: Cluster) -> None:
        """A controller that admits an Ingress, and a namespace that is labelled before its first pod."""

        def admitted() -> Ready[None] | Pending:
            cause = controller.refusal(cluster.kube)
            return Pending(cause) if cause else Ready(None)

        fix = "epochctl lb-controller install"
        ctx.wait_for("the load balancer controller to admit an Ingress", admitted, deadline=60, fix=fix)

        def absent() -> Ready[None] | Pending:
            return (
                Pending("it is being deleted") if cluster.kube.terminating(self._namespace) else Ready(None)
            )

        ctx.wait_for(f"the old namespace {self._namespace} to go", absent, deadline=240)
        cluster.kube.ensure_namespace(self._namespace, chart.NAMESPACE_LABELS)

    def _send(self, ctx: Context, cluster: Cluster, state: ReleaseState | None) -> ReleaseState:
        ctx.say(f"{'upgrade' if state else 'install'} release {self._release} in {self._namespace}")
        try:
            return cluster.helm.install_or_upgrade(
                self._release, self._namespace, chart.DIRECTORY, self._values(ctx), note=AUTHOR + whoami()
            )
        except ClusterError as error:
            raise DeployError(f"release {self._release} was not accepted", why=error.why) from error

    def _await(self, ctx: Context, cluster: Cluster, image: PushedImage) -> str:
        """Pods of that digest ready, an address, the pods served: in this order. The address."""
        rollout = Rollout(
            cluster.kube,
            self._namespace,
            self._release,
            chart.selector(self._release),
            ctx.clock,
            fail=lambda why: DeployError(f"release {self._release} does not become healthy", why=why),
        )
        pods = ctx.wait_for("the pods of the release", rollout.probe, deadline=420, longest=2.0)
        for pod in pods:
            if not pod.runs(image.digest):
                why = f"pod {pod.name} runs {', '.join(pod.image_digests)}, pushed was {image.digest}"
                raise DeployError("the pods run another image than the one that was pushed", why=why)
        serving = self._serving(cluster)
        address = ctx.wait_for(
            "the load balancer", AddressProbe(serving, ctx.clock), deadline=300, longest=2.0
        )
        targets = TargetsProbe(serving, pods, ctx.clock)
        ctx.wait_for("the load balancer to serve the pods", targets, deadline=420, longest=3.0)
        return address

    def _serving(self, cluster: Cluster) -> Serving:
        return Serving(cluster.kube, self._elbv2, self._namespace, self._release)

    def _failed(
        self,
        ctx: Context,
        cluster: Cluster,
        failure: DeployError | DeadlineError,
        upgraded: bool,
    ) -> DeployError:
        """The failure, after going back to the older revision where this run or a killed one replaced it."""
        why, after = failure.why, "left as it is: there is no older revision to go back to"
        state = cluster.helm.release(self._release, self._namespace)
        if state is None:
            return DeployError(failure.what, why=failure.why, fix=failure.fix)
        older = cluster.helm.revision_before(self._release, self._namespace, state.revision)
        if older is not None and (upgraded or self._halfway(cluster)):
            cluster.helm.rollback(self._release, self._namespace, older)
            after = f"back at revision {older}, which still serves"
        elif older is None and upgraded:
            cluster.helm.uninstall(self._release, self._namespace)
            after = "the first install was taken back"
        ctx.say(after)
        fix = f"put the cause right, then run the same command again ({after})"
        return DeployError(failure.what, why=why, fix=fix)

    def _halfway(self, cluster: Cluster) -> bool:
        """Whether pods of an older revision still serve: then the present one never became healthy."""
        live = cluster.kube.deployment(self._namespace, self._release)
        return live is not None and live.total > live.updated

    def _output(self, state: ReleaseState, image: PushedImage, address: str) -> Release:
        url = f"https://{self._settings.hostname}/"
        return Release(state.revision, self._namespace, image.digest, url, address)


def cluster_answers(cluster: Cluster) -> bool:
    """Whether its API server is there at all."""
    try:
        return cluster.kube.ready()
    except ClusterError:
        return False
