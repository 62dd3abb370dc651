"""`lb-controller`: installs the AWS Load Balancer Controller, until its webhook admits an Ingress."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import ClassVar

from epochctl.aws.cloudformation import Stacks
from epochctl.aws.session import Aws
from epochctl.command import Command, Kubectl
from epochctl.config.settings import Settings
from epochctl.errors import ClusterError
from epochctl.kube import lb_controller
from epochctl.kube.access import Cluster, wait_for_release
from epochctl.kube.orphans import Orphans
from epochctl.kube.rollout import Rollout
from epochctl.outputs import Infrastructure, LoadBalancerController
from epochctl.steps.lb_controller import chart
from epochctl.steps.lb_controller.identity import Identity
from epochctl.steps.lb_controller.removal import Removal
from epochctl.tools.helm import Json, ReleaseState, canonical_json
from epochctl.tools.helm.state import parse_manifests
from epochctl.workflow.step import Context, Observation

OUTPUT = LoadBalancerController(chart.VERSION, chart.CHART_VERSION)
_DESCRIBE = Kubectl("-n", lb_controller.NAMESPACE, "describe", "deployment", lb_controller.NAME)
FIX = f"{Command('lb-controller', 'status')}; {_DESCRIBE}"


class LbController:
    """The controller by its own chart, its IAM role by eksctl or terraform as the settings say."""

    name: ClassVar[str] = "lb-controller"
    needs: ClassVar[tuple[type, ...]] = (Infrastructure,)
    produces: ClassVar[type] = LoadBalancerController

    def __init__(
        self,
        settings: Settings,
        region: str,
        *,
        aws: Aws,
        orphans: Orphans,
        find_cluster: Callable[[], Cluster | None],
        has_foreign_cluster: Callable[[], bool],
        repository: str = chart.REPOSITORY,
    ) -> None:
        """find_cluster: the environment's; has_foreign_cluster: whether its name is taken by another one."""
        self._settings, self._orphans, self._repository = settings, orphans, repository
        self._find_cluster, self._has_foreign_cluster = find_cluster, has_foreign_cluster
        self._identity = Identity(chart.account(settings, region), Stacks(aws))

    def observe(self, ctx: Context) -> Observation:
        """Compare the installed chart with the wanted one, then the controller's health."""
        cluster, infra = self._find_cluster(), ctx.outputs.get(Infrastructure)
        if cluster is None:
            return Observation(None, (f"install {chart.FULL_CHART}",))
        state = cluster.helm.release(lb_controller.NAME, lb_controller.NAMESPACE)
        pending = self._pending_changes(cluster, infra, state)
        changes = (*pending, *(_health(cluster) if state else ()))
        # An unhealthy controller has an output, too: `verify` and `status` look at what follows it.
        return Observation(None if pending else OUTPUT, changes, exists=state is not None)

    def apply(self, ctx: Context) -> LoadBalancerController:
        """Create the role, install or upgrade the chart where needed, and wait for the webhook."""
        cluster, infra = self._find_cluster(), ctx.outputs.get(Infrastructure)
        if cluster is None:
            raise ClusterError(f"there is no cluster {infra.cluster_name} to install the controller into")
        if self._lacks_role(cluster):
            self._identity.create(ctx, infra.lb_controller_policy_arn)
        state = wait_for_release(ctx, cluster.helm, lb_controller.NAME, lb_controller.NAMESPACE)
        if self._pending_changes(cluster, infra, state):
            self._install(ctx, cluster, infra, state)
        self._wait(ctx, cluster)
        return OUTPUT

    def destroy(self, ctx: Context) -> tuple[str, ...]:
        """Uninstall the controller once its load balancers are gone; delete them by tag where it is dead.

        Return a line for each removal.
        """
        if self._has_foreign_cluster():
            ctx.report(f"EKS cluster {self._settings.full_name} is not ours: left alone, with what it made")
            return ()
        cluster = self._find_cluster()
        removed = Removal(self._orphans).run(ctx, cluster)
        if self._settings.lb_controller.identity == "eksctl":
            removed += self._identity.remove(ctx, cluster)
        return removed

    def _pending_changes(
        self, cluster: Cluster, infra: Infrastructure, state: ReleaseState | None
    ) -> tuple[str, ...]:
        """Return what the installation lacks, a line each."""
        changes = []
        if self._lacks_role(cluster):
            changes.append(f"give service account {lb_controller.NAME} its IAM role (eksctl)")
        if state is None:
            return (*changes, f"install {chart.FULL_CHART}")
        if state.status != "deployed":
            changes.append(f"repair release {state.name}, which is {state.status}")
        if state.chart != chart.FULL_CHART:
            changes.append(f"upgrade {state.chart} to {chart.FULL_CHART}")
        if state.values != canonical_json(chart.values(self._settings, infra)):
            changes.append(f"change the values of {chart.FULL_CHART}")
        missing = cluster.kube.missing(state.manifests, lb_controller.NAMESPACE)
        wanted = chart.values(self._settings, infra)["replicaCount"]
        live = cluster.kube.deployment(lb_controller.NAMESPACE, lb_controller.NAME)
        if live is not None and live.desired != wanted:
            changes.append(f"heal: {wanted} controller pods instead of {live.desired}")
        return (*changes, *(f"heal: make {name} again" for name in missing))

    def _lacks_role(self, cluster: Cluster) -> bool:
        return self._settings.lb_controller.identity == "eksctl" and not cluster.kube.role_of(
            lb_controller.NAMESPACE, lb_controller.NAME
        )

    def _install(
        self, ctx: Context, cluster: Cluster, infra: Infrastructure, state: ReleaseState | None
    ) -> None:
        directory = cluster.helm.pull_chart(self._repository, lb_controller.NAME, chart.CHART_VERSION)
        if state is not None and state.chart != chart.FULL_CHART:
            ctx.report("definitions first: helm does not upgrade them")
            for definition in custom_resource_definitions(directory):
                cluster.kube.apply(dict(definition))
        ctx.report(f"{'upgrade to' if state else 'install'} {chart.FULL_CHART}")
        cluster.helm.install_or_upgrade(
            lb_controller.NAME, lb_controller.NAMESPACE, directory, chart.values(self._settings, infra)
        )

    def _wait(self, ctx: Context, cluster: Cluster) -> None:
        # More lenient than with our own: nodes may still be joining, and a new IAM role is not known at once.
        rollout = Rollout(
            cluster.kube,
            lb_controller.NAMESPACE,
            lb_controller.NAME,
            lb_controller.SELECTOR,
            ctx.clock,
            fail=lambda _, why: ClusterError("the load balancer controller does not run", why=why, fix=FIX),
            extra_grace=60.0,
        )
        ctx.wait_for("the load balancer controller", rollout.probe, deadline=300, fix=FIX, longest=2.0)

        admitted = partial(lb_controller.probe_admission, cluster.kube)
        ctx.wait_for("its webhook to admit an Ingress", admitted, deadline=120, fix=FIX, longest=2.0)


def custom_resource_definitions(chart_directory: Path) -> tuple[Json, ...]:
    """Return the CustomResourceDefinitions that a chart contains."""
    files = sorted((chart_directory / "crds").glob("*.yaml"))
    found = [item for path in files for item in parse_manifests(path.read_text())]
    return tuple(item for item in found if item["kind"] == "CustomResourceDefinition")


def _health(cluster: Cluster) -> tuple[str, ...]:
    state = cluster.kube.deployment(lb_controller.NAMESPACE, lb_controller.NAME)
    if state is not None and not state.complete:
        return (f"heal: {state.available} of {state.desired} controller pods are available",)
    cause = lb_controller.admission_error(cluster.kube)
    return (f"heal: {cause}",) if cause else ()
