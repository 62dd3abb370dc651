"""The layers inside the account: the pods, and their health as targets of the load balancer."""

from __future__ import annotations

from collections.abc import Callable

from epochctl.aws.eks import Eks
from epochctl.aws.elbv2 import Elbv2, Target
from epochctl.command import Command, Kubectl
from epochctl.errors import ClusterError
from epochctl.kube import PodState
from epochctl.kube.access import connect
from epochctl.steps.verify.layer import Findings, Layer, VerifiedService
from epochctl.workflow.waiting import Pending, Ready

ReadPods = Callable[[str, str, str], tuple[PodState, ...]]  # of a cluster, namespace, selector


def read_pods(eks: Eks, cluster: str, namespace: str, selector: str) -> tuple[PodState, ...]:
    """Return the selected pods. Raises ClusterError where there is no such cluster."""
    access = eks.describe(cluster)
    if access is None:
        raise ClusterError(f"there is no cluster {cluster}", fix=Command("infra", "up"))
    return connect(eks, access).pods(namespace, selector)


class PodChecks:
    """Pods and targets of one release."""

    def __init__(
        self, service: VerifiedService, findings: Findings, elbv2: Elbv2, read_pods: ReadPods
    ) -> None:
        self._service, self._findings = service, findings
        self._elbv2, self._read_pods = elbv2, read_pods

    def layers(self) -> tuple[Layer, ...]:
        """Return the layers in their order."""
        namespace = self._service.release.namespace
        pods_fix = f"{Command('logs')}; {Kubectl('-n', namespace, 'describe', 'pods')}; {Command('deploy')}"
        targets_fix = "check the health path and the pods' security groups"
        return (
            Layer("pods", self.pods, 60.0, pods_fix),
            Layer("target health", self.targets, 180.0, targets_fix),
        )

    def pods(self) -> Ready[str] | Pending:
        """Ready with all wanted pods ready, and of the digest that was released."""
        settings, release = self._service.settings, self._service.release
        selector = f"app.kubernetes.io/instance={settings.name}"
        found = self._read_pods(self._service.cluster, release.namespace, selector)
        pods = [pod for pod in found if pod.template_hash and not pod.terminating]
        for pod in pods:
            if not pod.ready:
                cause = f"pod {pod.name} is not ready: {pod.reason}"
                return Pending(pod.trouble.message if pod.trouble else cause)
            if release.digest and not pod.runs(release.digest):
                running = ", ".join(pod.image_digests)
                return Pending(f"pod {pod.name} runs {running}, released is {release.digest}")
        if len(pods) < settings.service.replicas:
            return Pending(f"{len(pods)} of {settings.service.replicas} pods are there")
        return Ready(f"{len(pods)} ready, all of {release.digest[:19] or 'the released image'}")

    def targets(self) -> Ready[str] | Pending:
        """Ready once each target that the load balancer sends to is healthy."""
        name = self._service.release.load_balancer
        balancer = self._findings.balancer = self._elbv2.by_dns_name(name)
        if balancer is None:
            return Pending(f"there is no load balancer {name}")
        groups = self._elbv2.target_groups_of(balancer.arn)
        targets = [target for group in groups for target in self._elbv2.target_health(group.arn)]
        serving = [target for target in targets if target.state != "draining"]
        unhealthy = [target for target in serving if target.state != "healthy"]
        if unhealthy:
            return Pending(f"target {_describe(unhealthy[0])}")
        if not serving and self._service.is_asleep:
            return Ready(f"{balancer.name} has no target: asleep")
        if not serving:
            return Pending(f"no target is registered with {balancer.name}")
        return Ready(f"{len(serving)} healthy behind {balancer.name}")


def _describe(target: Target) -> str:
    why = ": ".join(part for part in (target.reason, target.description) if part)
    return f"{target.address}:{target.port} is {target.state}" + (f" ({why})" if why else "")
