"""The layers that a client of the service uses: load balancer, TLS, redirect, health path, body."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from epochctl.aws.elbv2 import Elbv2
from epochctl.command import Command
from epochctl.net.dns import DnsClient
from epochctl.net.https import Failure, HttpsClient, Response
from epochctl.steps.verify.layer import Findings, Layer, Misconfigured, VerifiedService
from epochctl.workflow.waiting import Pending, Ready

MAX_SKEW = 2.0  # seconds between the body and local time
EXPIRY_WARNING = 14  # days
MAX_ADDRESSES = 4


class HttpChecks:
    """One HTTPS service, requested from this machine."""

    def __init__(
        self, service: VerifiedService, findings: Findings, elbv2: Elbv2, dns: DnsClient, https: HttpsClient
    ) -> None:
        self._service, self._findings = service, findings
        self._elbv2, self._dns, self._https = elbv2, dns, https

    def balancer_layer(self) -> Layer:
        """Return the layer that requests the load balancer's own addresses, before any DNS lookup."""
        fix = f"{Command('deploy')}; the load balancer controller's log says more"
        return Layer("load balancer", self.balancer, 300.0, fix)

    def layers(self) -> tuple[Layer, ...]:
        """Return the layers that request the addresses of the host name, in their order."""
        always = (
            Layer(
                "TLS",
                self.tls,
                30.0,
                f"{Command('cert', 'status')}; SSL_CERT_FILE names the trusted authorities",
            ),
            Layer("redirect", self.redirect, 15.0, Command("deploy")),
        )
        if self._service.is_asleep:
            return always
        return (
            *always,
            Layer("health", self.health, 30.0, Command("logs")),
            Layer("body", self.body, 15.0, f"{Command('logs')}; check the clock of this machine"),
        )

    def balancer(self) -> Ready[str] | Pending:
        """Ready once it is active, has the certificate on 443, and each address answers for the host name."""
        if pending := self._listening():
            return pending
        name = self._service.release.load_balancer
        found = self._dns.resolve(name)
        if found.status != "found":
            return Pending(f"{name} has no address yet: {found.reason}")
        self._findings.balancer_addresses = found.values
        path = self._service.settings.service.health_path
        if self._service.is_asleep:
            return Ready(f"{name} is active, and asleep")
        ipv4 = [address for address in found.values if ":" not in address]
        addresses = ipv4[:MAX_ADDRESSES] or found.values[:1]
        for address in addresses:
            answer = self._https.get(self._service.hostname, address, path, verify=False)
            if (cause := _why_wrong(answer)) is not None:
                return Pending(f"{address} for {self._service.hostname}{path}: {cause}")
        return Ready(f"{', '.join(addresses)} answer for {self._service.hostname}")

    def tls(self) -> Ready[str] | Pending:
        """Ready once the certificate's chain is trusted here and covers the name; warns of a near expiry."""
        served = self._https.certificate(self._service.hostname, self._findings.addresses[0])
        if isinstance(served, Failure):
            return Pending(f"{served.layer}: {served.cause}")
        days = (served.not_after - datetime.now(UTC)).days
        warning = f"; WARNING: it ends in {days} days and was not renewed" if days < EXPIRY_WARNING else ""
        until = f"until {served.not_after:%Y-%m-%d}{warning}"
        return Ready(f"{', '.join(served.names)} by {served.issuer}, {until}")

    def redirect(self) -> Ready[str] | Pending:
        """Ready once HTTP redirects to HTTPS of the same name."""
        answer = self._https.get_plain(self._service.hostname, self._findings.addresses[0])
        if isinstance(answer, Failure):
            return Pending(f"{answer.layer}: {answer.cause}")
        location = answer.header("location")
        if answer.status not in (301, 302, 307, 308) or not _leads_to_https(location, self._service.hostname):
            return Pending(f"http answers {answer.status} {location}".rstrip())
        return Ready(f"{answer.status} to {location}")

    def health(self) -> Ready[str] | Pending:
        """Ready once the health path answers 200 over verified TLS."""
        path = self._service.settings.service.health_path
        answer = self._https.get(self._service.hostname, self._findings.addresses[0], path)
        cause = _why_wrong(answer)
        return Ready(f"{path} 200") if cause is None else Pending(f"{path}: {cause}")

    def body(self) -> Ready[str] | Pending:
        """Ready once `/` answers; epochctl's own service with the epoch, within MAX_SKEW of local time."""
        before = time.time()
        answer = self._https.get(self._service.hostname, self._findings.addresses[0], "/")
        after = time.time()
        if isinstance(answer, Failure) or (not self._service.settings.service.image and answer.status != 200):
            return Pending(f"/: {_why_wrong(answer)}")
        if self._service.settings.service.image:
            return Ready(f"/ {answer.status}; the body is not ours to judge")
        epoch = _epoch(answer.body)
        if epoch is None:
            return Pending(f"the body is not an epoch: {answer.body[:60]!r}")
        if not before - MAX_SKEW <= epoch <= after + MAX_SKEW:
            return Pending(f"the body says {epoch:.0f}, here it is {after:.0f}{_clock_cause(answer, epoch)}")
        return Ready(f"{epoch:.0f}, {abs(after - epoch):.1f} s from local time")

    def _listening(self) -> Pending | None:
        """Return why the load balancer cannot serve, by AWS's description of it, or None."""
        balancer = self._findings.balancer
        if balancer is None:
            return Pending(f"there is no load balancer {self._service.release.load_balancer}")
        if balancer.state == "provisioning":
            self._findings.balancer = self._elbv2.by_dns_name(balancer.dns_name)
            return Pending(f"{balancer.name} is being provisioned")
        ports = {listener.port: listener for listener in self._elbv2.listeners(balancer.arn)}
        if 443 not in ports:
            return Pending(f"{balancer.name} has no listener on 443")
        if self._service.certificate_arn not in ports[443].certificate_arns:
            shown = ", ".join(ports[443].certificate_arns) or "none"
            return Misconfigured(
                f"{balancer.name} shows certificate {shown}, not {self._service.certificate_arn}"
            )
        return None


def _why_wrong(answer: Response | Failure) -> str | None:
    if isinstance(answer, Failure):
        return f"{answer.layer}: {answer.cause}"
    return None if answer.status == 200 else f"answers {answer.status} {answer.body[:60].strip()!r}"


def _leads_to_https(location: str, hostname: str) -> bool:
    return location.lower().startswith((f"https://{hostname}/", f"https://{hostname}:443/")) or location == (
        f"https://{hostname}"
    )


def _epoch(body: str) -> float | None:
    try:
        return float(body.strip())
    except ValueError:
        return None


def _clock_cause(answer: Response, epoch: float) -> str:
    """Return that this machine's clock is off, if the response's Date agrees with the body, else ""."""
    try:
        date = parsedate_to_datetime(answer.header("date")).timestamp()
    except (TypeError, ValueError):
        return ""
    off = time.time() - date
    return f"; this machine's clock is off by {off:.0f} s" if abs(date - epoch) <= MAX_SKEW < abs(off) else ""
