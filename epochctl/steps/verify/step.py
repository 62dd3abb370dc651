"""`verify`: probes every layer in order and stops at the first failure. Changes nothing, so `up` runs it."""

from __future__ import annotations

from typing import ClassVar

from epochctl.aws.elbv2 import Elbv2
from epochctl.aws.route53 import Route53
from epochctl.config.settings import Settings
from epochctl.net.dns import DnsClient
from epochctl.net.https import HttpsClient
from epochctl.outputs import Certificate, DnsRecord, Infrastructure, Release, Verification
from epochctl.steps.verify.dns_lookup import DnsChecks
from epochctl.steps.verify.http import HttpChecks
from epochctl.steps.verify.layer import Findings, Layer, VerifiedService
from epochctl.steps.verify.pods import PodChecks, ReadPods
from epochctl.workflow.step import Context, Observation


class Verify:
    """The verification of one region's service."""

    name: ClassVar[str] = "verify"
    needs: ClassVar[tuple[type, ...]] = (Certificate, Infrastructure, Release, DnsRecord)
    produces: ClassVar[type] = Verification

    def __init__(
        self,
        settings: Settings,
        region: str,
        *,
        elbv2: Elbv2,
        route53: Route53,
        read_pods: ReadPods,
        dns: DnsClient | None = None,
        https: HttpsClient | None = None,
    ) -> None:
        self._settings, self._elbv2, self._route53 = settings, elbv2, route53
        self._dns, self._https, self._read_pods = dns or DnsClient(), https or HttpsClient(), read_pods

    def observe(self, ctx: Context) -> Observation:
        """Return no output: what was right in an earlier run may be wrong now."""
        return Observation(None)

    def apply(self, ctx: Context) -> Verification:
        """Wait for each layer in order. Raises VerifyError or ResolverCacheError for the first that fails."""
        results: list[tuple[str, str]] = []
        for layer in self.layers(ctx):
            result = layer.wait(ctx)
            ctx.report(f"{layer.name}: {result}")
            results.append((layer.name, result))
        return Verification(ctx.outputs.get(Release).url, tuple(results))

    def destroy(self, ctx: Context) -> tuple[str, ...]:
        """Remove nothing."""
        return ()

    def layers(self, ctx: Context) -> tuple[Layer, ...]:
        """Return the layers in the order in which `apply` waits for them."""
        service = VerifiedService(
            settings=self._settings,
            cluster=ctx.outputs.get(Infrastructure).cluster_name,
            certificate_arn=ctx.outputs.get(Certificate).arn,
            release=ctx.outputs.get(Release),
            record=ctx.outputs.get(DnsRecord),
        )
        findings = Findings()
        pods = PodChecks(service, findings, self._elbv2, self._read_pods)
        dns = DnsChecks(service, findings, self._dns, self._route53)
        http = HttpChecks(service, findings, self._elbv2, self._dns, self._https)
        return (*pods.layers(), http.balancer_layer(), *dns.layers(), *http.layers())
