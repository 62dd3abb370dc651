"""Asks every layer in order and stops at the first that is not right. Changes nothing, so `up` always runs
it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from epochctl.aws.elbv2 import Elbv2
from epochctl.aws.route53 import Route53
from epochctl.config.settings import Settings
from epochctl.net.dns import DnsClient
from epochctl.net.https import HttpsClient
from epochctl.outputs import Certificate, DnsRecord, Infrastructure, Release, Verification
from epochctl.steps.verify.dns_lookup import DnsChecks
from epochctl.steps.verify.http import HttpChecks
from epochctl.steps.verify.layer import Layer, Seen, Subject
from epochctl.steps.verify.pods import PodChecks
from epochctl.workflow.step import Context, Observation

if TYPE_CHECKING:
    from epochctl.aws.eks import Eks
    from epochctl.kube import PodState
    from epochctl.steps.verify.pods import PodsOf


class Verify:
    """See the module."""

    name: ClassVar[str] = "verify"
    needs: ClassVar[tuple[type, ...]] = (Certificate, Infrastructure, Release, DnsRecord)
    produces: ClassVar[type] = Verification

    def __init__(
        self,
        settings: Settings,
        region: str,
        *,
        eks: Eks,
        elbv2: Elbv2,
        route53: Route53,
        names: DnsClient | None = None,
        https: HttpsClient | None = None,
        pods_of: PodsOf | None = None,
    ) -> None:
        self._settings = settings
        self._eks = eks
        self._elbv2 = elbv2
        self._route53 = route53
        self._names = names or DnsClient()
        self._https = https or HttpsClient()
        self._pods_of = pods_of or self._pods

    def observe(self, ctx: Context) -> Observation:
        """Nothing is remembered between runs: what was right may not be right now."""
        return Observation(None)

    def apply(self, ctx: Context) -> Verification:
        """Ask each layer. Raises VerifyError or ResolverCacheError for the first that is not right."""
        seen: list[tuple[str, str]] = []
        for layer in self.layers(ctx):
            what = layer.ask(ctx)
            ctx.say(f"{layer.name}: {what}")
            seen.append((layer.name, what))
        return Verification(ctx.outputs.get(Release).url, tuple(seen))

    def destroy(self, ctx: Context) -> tuple[str, ...]:
        """There is nothing to remove."""
        return ()

    def layers(self, ctx: Context) -> tuple[Layer, ...]:
        """In the order in which they are asked."""
        subject = Subject(
            settings=self._settings,
            cluster=ctx.outputs.get(Infrastructure).cluster_name,
            certificate_arn=ctx.outputs.get(Certificate).arn,
            release=ctx.outputs.get(Release),
            record=ctx.outputs.get(DnsRecord),
        )
        seen = Seen()
        inside = PodChecks(subject, seen, self._elbv2, self._pods_of)
        lookup = DnsChecks(subject, seen, self._names, self._route53)
        outside = HttpChecks(subject, seen, self._elbv2, self._names, self._https)
        return (*inside.layers(), outside.balancer_layer(), *lookup.layers(), *outside.layers())

    def _pods(self, cluster: str, namespace: str, selector: str) -> tuple[PodState, ...]:
        from epochctl.errors import ClusterError
        from epochctl.kube.access import connect

        access = self._eks.describe(cluster)
        if access is None:
            raise ClusterError(f"there is no cluster {cluster}", fix="epochctl infra up")
        return connect(self._eks, access).pods(namespace, selector)
