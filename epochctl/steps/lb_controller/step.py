"""`lb-controller`: done only when an Ingress passes its admission. Each wait names its cause.

Knows nothing of the service that is deployed later.
"""

from __future__ import annotations

from typing import Any, ClassVar

from epochctl.aws.cloudformation import Stacks
from epochctl.aws.eks import Eks
from epochctl.aws.session import Aws
from epochctl.config.settings import Settings
from epochctl.errors import ClusterError
from epochctl.kube import lb_controller
from epochctl.kube.access import Cluster, has_other_owner, reach, wait_for_release
from epochctl.kube.orphans import Orphans
from epochctl.kube.rollout import Rollout
from epochctl.outputs import Infrastructure, LoadBalancerController
from epochctl.steps.lb_controller import chart, removal
from epochctl.steps.lb_controller.identity import Identity
from epochctl.tools import yaml_text
from epochctl.tools.helm import ReleaseState, canonical_json
from epochctl.workflow.step import Context, Observation
from epochctl.workflow.waiting import Pending, Ready

OUTPUT = LoadBalancerController(chart.VERSION, chart.CHART_VERSION)
FIX = "epochctl lb-controller status; kubectl -n kube-system describe deployment aws-load-balancer-controller"


class LbController:
    """The controller by its own chart; its identity by eksctl or by terraform, as the settings say."""

    name: ClassVar[str] = "lb-controller"
    needs: ClassVar[tuple[type, ...]] = (Infrastructure,)
    produces: ClassVar[type] = LoadBalancerController

    def __init__(self, settings: Settings, region: str, *, aws: Aws, eks: Eks, orphans: Orphans) -> None:
        self._settings, self._region = settings, region
        self._eks, self._orphans = eks, orphans
        self._identity = Identity(chart.account(settings, region), Stacks(aws))

    def observe(self, ctx: Context) -> Observation:
        cluster, infra = reach(self._eks, self._settings, self._region), ctx.outputs.get(Infrastructure)
        if cluster is None:
            return Observation(None, (f"install {chart.FULL_CHART}",))
        state = cluster.helm.release(lb_controller.NAME, lb_controller.NAMESPACE)
        due = self._due(cluster, infra, state)
        changes = (*due, *(_health(cluster) if state else ()))
        # One that ails is still one: what follows it (verify, status) must be able to look further.
        return Observation(None if due else OUTPUT, changes, exists=state is not None)

    def apply(self, ctx: Context) -> LoadBalancerController:
        cluster, infra = reach(self._eks, self._settings, self._region), ctx.outputs.get(Infrastructure)
        if cluster is None:
            raise ClusterError(f"there is no cluster {infra.cluster_name} to install the controller into")
        if self._lacks_role(cluster):
            self._identity.make(ctx, infra.lb_controller_policy_arn)
        state = wait_for_release(ctx, cluster.helm, lb_controller.NAME, lb_controller.NAMESPACE)
        if self._due(cluster, infra, state):
            self._install(ctx, cluster, infra, state)
        self._await(ctx, cluster)
        return OUTPUT

    def destroy(self, ctx: Context) -> tuple[str, ...]:
        """Uninstall it once its load balancers are gone; take over their removal where it cannot."""
        if has_other_owner(self._eks, self._settings):
            ctx.say(f"EKS cluster {self._settings.full_name} is not ours: left alone, with what it made")
            return ()
        cluster = reach(self._eks, self._settings, self._region)
        removed = removal.Removal(self._orphans).run(ctx, cluster)
        if self._settings.lb_controller.identity == "eksctl":
            removed += self._identity.remove(ctx, cluster)
        return removed

    def _due(self, cluster: Cluster, infra: Infrastructure, state: ReleaseState | None) -> tuple[str, ...]:
        """What the release lacks, a line each."""
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
        directory = cluster.helm.pull_chart(chart.REPOSITORY, lb_controller.NAME, chart.CHART_VERSION)
        if state is not None and state.chart != chart.FULL_CHART:
            ctx.say("definitions first: helm does not upgrade them")
            for definition in definitions(directory):
                cluster.kube.apply(definition)
        ctx.say(f"{'upgrade to' if state else 'install'} {chart.FULL_CHART}")
        cluster.helm.install_or_upgrade(
            lb_controller.NAME, lb_controller.NAMESPACE, directory, chart.values(self._settings, infra)
        )

    def _await(self, ctx: Context, cluster: Cluster) -> None:
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

        def admitted() -> Ready[None] | Pending:
            cause = lb_controller.admission_error(cluster.kube)
            return Pending(cause) if cause else Ready(None)

        ctx.wait_for("its webhook to admit an Ingress", admitted, deadline=120, fix=FIX, longest=2.0)


def definitions(directory: Any) -> tuple[dict[str, Any], ...]:
    """The CustomResourceDefinitions that a chart brings."""
    paths = sorted((directory / "crds").glob("*.yaml"))
    found = [item for path in paths for item in yaml_text.load_all(path.read_text())]
    return tuple(item for item in found if item.get("kind") == "CustomResourceDefinition")


def _health(cluster: Cluster) -> tuple[str, ...]:
    state = cluster.kube.deployment(lb_controller.NAMESPACE, lb_controller.NAME)
    if state is not None and not state.complete:
        return (f"heal: {state.available} of {state.desired} controller pods are available",)
    cause = lb_controller.admission_error(cluster.kube)
    return (f"heal: {cause}",) if cause else ()
