"""The layers inside the account: pods, and what the load balancer thinks of them. Knows nothing of DNS or
TLS.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from epochctl.aws.elbv2 import Elbv2, Target
from epochctl.steps.verify.layer import Layer, Seen, Subject
from epochctl.workflow.waiting import Pending, Ready

if TYPE_CHECKING:
    from epochctl.kube import PodState

    PodsOf = Callable[[str, str, str], tuple[PodState, ...]]  # cluster, namespace, selector


class PodChecks:
    """Pods and targets of one release."""

    def __init__(self, subject: Subject, seen: Seen, elbv2: Elbv2, pods_of: PodsOf) -> None:
        self._subject = subject
        self._seen = seen
        self._elbv2 = elbv2
        self._pods_of = pods_of

    def layers(self) -> tuple[Layer, ...]:
        """In the order in which they are asked."""
        namespace = self._subject.release.namespace
        return (
            Layer(
                "pods",
                self.pods,
                60.0,
                f"epochctl logs; kubectl -n {namespace} describe pods; epochctl deploy",
            ),
            Layer(
                "target health", self.targets, 180.0, "check the health path and the pods' security groups"
            ),
        )

    def pods(self) -> Ready[str] | Pending:
        """As many as wanted, ready, and of the digest that was released."""
        settings, release = self._subject.settings, self._subject.release
        selector = f"app.kubernetes.io/instance={settings.name}"
        found = self._pods_of(self._subject.cluster, release.namespace, selector)
        pods = [pod for pod in found if pod.template_hash and not pod.terminating]
        for pod in pods:
            if not pod.ready:
                return Pending(
                    pod.trouble.message if pod.trouble else f"pod {pod.name} is not ready: {pod.reason}"
                )
            if release.digest and not pod.runs(release.digest):
                return Pending(
                    f"pod {pod.name} runs {', '.join(pod.image_digests)}, released is {release.digest}"
                )
        if len(pods) < settings.service.replicas:
            return Pending(f"{len(pods)} of {settings.service.replicas} pods are there")
        return Ready(f"{len(pods)} ready, all of {release.digest[:19] or 'the released image'}")

    def targets(self) -> Ready[str] | Pending:
        """Each one that the load balancer sends to is healthy."""
        name = self._subject.release.load_balancer
        balancer = self._seen.balancer = self._elbv2.by_dns_name(name)
        if balancer is None:
            return Pending(f"there is no load balancer {name}")
        groups = self._elbv2.target_groups_of(balancer.arn)
        targets = [target for group in groups for target in self._elbv2.target_health(group.arn)]
        serving = [target for target in targets if target.state != "draining"]
        ill = [target for target in serving if target.state != "healthy"]
        if ill:
            return Pending(f"target {_described(ill[0])}")
        if not serving and self._subject.asleep:
            return Ready(f"{balancer.name} has no target: asleep")
        if not serving:
            return Pending(f"no target is registered with {balancer.name}")
        return Ready(f"{len(serving)} healthy behind {balancer.name}")


def _described(target: Target) -> str:
    why = ": ".join(part for part in (target.reason, target.description) if part)
    return f"{target.address}:{target.port} is {target.state}" + (f" ({why})" if why else "")
