"""The layers that a client of the service meets: the load balancer, TLS, the redirect, the answers."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from epochctl.aws.elbv2 import Elbv2
from epochctl.net.dns import DnsClient
from epochctl.net.https import Failure, HttpsClient, Response
from epochctl.steps.verify.layer import Layer, Seen, Stuck, Subject
from epochctl.workflow.waiting import Pending, Ready

SKEW = 2.0  # seconds that the body may be off local time
EXPIRY_WARNING = 14  # days
ASKED_ADDRESSES = 4


class HttpChecks:
    """One https service, seen from here."""

    def __init__(
        self, subject: Subject, seen: Seen, elbv2: Elbv2, names: DnsClient, https: HttpsClient
    ) -> None:
        self._subject = subject
        self._seen = seen
        self._elbv2 = elbv2
        self._names = names
        self._https = https

    def balancer_layer(self) -> Layer:
        """Asked before the name is: by the load balancer's own addresses."""
        fix = "epochctl deploy; the load balancer controller's log says more"
        return Layer("load balancer", self.balancer, 300.0, fix)

    def layers(self) -> tuple[Layer, ...]:
        """Asked of the addresses that the name leads to."""
        standing = (
            Layer("TLS", self.tls, 30.0, "epochctl cert status; SSL_CERT_FILE names the trusted authorities"),
            Layer("redirect", self.redirect, 15.0, "epochctl deploy"),
        )
        if self._subject.asleep:
            return standing
        return (
            *standing,
            Layer("health", self.health, 30.0, "epochctl logs"),
            Layer("body", self.body, 15.0, "epochctl logs; check the clock of this machine"),
        )

    def balancer(self) -> Ready[str] | Pending:
        """Active, with our certificate on 443, and answering at each address with the host name as SNI and
        Host.
        """
        if pending := self._listening():
            return pending
        name = self._subject.release.load_balancer
        found = self._names.resolve(name)
        if found.status != "found":
            return Pending(f"{name} has no address yet: {found.reason}")
        self._seen.balancer_addresses = found.values
        path = self._subject.settings.service.health_path
        if self._subject.asleep:
            return Ready(f"{name} is active, and asleep")
        asked = [address for address in found.values if ":" not in address][:ASKED_ADDRESSES] or found.values[
            :1
        ]
        for address in asked:
            answer = self._https.get(self._subject.hostname, address, path, verify=False)
            if (cause := _wrong(answer)) is not None:
                return Pending(f"{address} for {self._subject.hostname}{path}: {cause}")
        return Ready(f"{', '.join(asked)} answer for {self._subject.hostname}")

    def tls(self) -> Ready[str] | Pending:
        """The chain is trusted here, the name is covered, the end is not near."""
        served = self._https.certificate(self._subject.hostname, self._seen.addresses[0])
        if isinstance(served, Failure):
            return Pending(f"{served.layer}: {served.cause}")
        days = (served.not_after - datetime.now(UTC)).days
        warning = f"; WARNING: it ends in {days} days and was not renewed" if days < EXPIRY_WARNING else ""
        return Ready(
            f"{', '.join(served.names)} by {served.issuer}, until {served.not_after:%Y-%m-%d}{warning}"
        )

    def redirect(self) -> Ready[str] | Pending:
        """http leads to https of the same name."""
        answer = self._https.get_plain(self._subject.hostname, self._seen.addresses[0])
        if isinstance(answer, Failure):
            return Pending(f"{answer.layer}: {answer.cause}")
        location = answer.header("location")
        if answer.status not in (301, 302, 307, 308) or not _leads_to_https(location, self._subject.hostname):
            return Pending(f"http answers {answer.status} {location}".rstrip())
        return Ready(f"{answer.status} to {location}")

    def health(self) -> Ready[str] | Pending:
        """The health path answers 200 over verified TLS."""
        path = self._subject.settings.service.health_path
        answer = self._https.get(self._subject.hostname, self._seen.addresses[0], path)
        cause = _wrong(answer)
        return Ready(f"{path} 200") if cause is None else Pending(f"{path}: {cause}")

    def body(self) -> Ready[str] | Pending:
        """`/` tells the epoch, within SKEW of local time. Only our own service is known to do so."""
        before = time.time()
        answer = self._https.get(self._subject.hostname, self._seen.addresses[0], "/")
        after = time.time()
        if isinstance(answer, Failure) or (not self._subject.settings.service.image and answer.status != 200):
            return Pending(f"/: {_wrong(answer)}")
        if self._subject.settings.service.image:
            return Ready(f"/ {answer.status}; the body is not ours to judge")
        told = _epoch(answer.body)
        if told is None:
            return Pending(f"the body is not an epoch: {answer.body[:60]!r}")
        if not before - SKEW <= told <= after + SKEW:
            return Pending(f"the body says {told:.0f}, here it is {after:.0f}{_clock_cause(answer, told)}")
        return Ready(f"{told:.0f}, {abs(after - told):.1f} s from local time")

    def _listening(self) -> Pending | None:
        """The cause on AWS's side, or None where all is well."""
        balancer = self._seen.balancer
        if balancer is None:
            return Pending(f"there is no load balancer {self._subject.release.load_balancer}")
        if balancer.state == "provisioning":
            self._seen.balancer = self._elbv2.by_dns_name(balancer.dns_name)
            return Pending(f"{balancer.name} is being provisioned")
        ports = {listener.port: listener for listener in self._elbv2.listeners(balancer.arn)}
        if 443 not in ports:
            return Pending(f"{balancer.name} has no listener on 443")
        if self._subject.certificate_arn not in ports[443].certificate_arns:
            shown = ", ".join(ports[443].certificate_arns) or "none"
            return Stuck(f"{balancer.name} shows certificate {shown}, not {self._subject.certificate_arn}")
        return None


def _wrong(answer: Response | Failure) -> str | None:
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


def _clock_cause(answer: Response, told: float) -> str:
    """The answer's own Date agrees with the body: then it is the clock of this machine."""
    try:
        date = parsedate_to_datetime(answer.header("date")).timestamp()
    except (TypeError, ValueError):
        return ""
    off = time.time() - date
    return f"; this machine's clock is off by {off:.0f} s" if abs(date - told) <= SKEW < abs(off) else ""
