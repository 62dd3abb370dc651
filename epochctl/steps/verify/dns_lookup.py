"""The layers of the host name: the answer of the zone's own servers, then of this machine's resolver.

Never in another order: a resolver caches that a name did not exist.
"""

from __future__ import annotations

from epochctl.aws.elbv2 import plain_dns_name
from epochctl.aws.route53 import Route53
from epochctl.command import Command
from epochctl.errors import EpochctlError, ResolverCacheError, VerifyError
from epochctl.net.dns import Authority, DnsAnswer, DnsClient
from epochctl.steps.verify.layer import Findings, Layer, Misconfigured, VerifiedService
from epochctl.workflow.waiting import Pending, Ready


class DnsChecks:
    """The DNS lookups from the host name to the load balancer."""

    def __init__(
        self, service: VerifiedService, findings: Findings, dns: DnsClient, route53: Route53
    ) -> None:
        self._service, self._findings = service, findings
        self._dns, self._route53 = dns, route53
        self._other_addresses: frozenset[str] = frozenset()
        self._authority = Authority("")
        self._authoritative = self._recursive = DnsAnswer("silent")

    def layers(self) -> tuple[Layer, ...]:
        """Return the layers in their order."""
        target = self._service.release.load_balancer
        fix = (
            f"{Command('up')} puts the record right"
            if self._service.record.managed
            else f"at your DNS provider: CNAME {self._service.hostname} -> {target}; then {Command('verify')}"
        )
        return (
            Layer("authoritative DNS", self.authoritative, 120.0, fix),
            Layer(
                "recursive DNS", self.recursive, 15.0, "wait, or use another resolver", self._recursive_error
            ),
        )

    def authoritative(self) -> Ready[str] | Pending:
        """Ready once the zone's own servers answer with the load balancer."""
        hostname = self._service.hostname
        self._authority = self._dns.authority(hostname)
        self._other_addresses = self._other_regions_addresses()
        answer = self._authoritative = self._dns.query(self._authority, hostname, "A")
        source = f"said by {self._authority.zone or 'the resolver'}"
        if self._authority.note:
            source = f"said by the system's resolver: {self._authority.note}"
        if self._leads_to_balancer(answer):
            return Ready(f"{hostname} -> {', '.join(answer.values or answer.chain)}, {source}")
        if answer.status == "found" or answer.chain:
            where = ", ".join((*answer.chain, *answer.values))
            return Misconfigured(
                f"{hostname} leads to {where}, not to {self._service.release.load_balancer} ({source})"
            )
        if answer.status == "silent":
            return Pending(f"no name server answers for {hostname}: {answer.reason}")
        if cause := self._misdelegated():
            return Misconfigured(cause)
        cause = f"{hostname} has no address yet ({source})"
        # The `dns` step has waited for the zone's servers; a record that a user adds takes time.
        return Misconfigured(cause) if self._service.record.managed else Pending(cause)

    def recursive(self) -> Ready[str] | Pending:
        """Ready once this machine's resolver answers with the same addresses."""
        hostname = self._service.hostname
        answer = self._recursive = self._dns.resolve(hostname)
        if answer.status != "found":
            return Pending(f"the resolver does not find {hostname}: {answer.reason}")
        expected = {*self._authoritative.values, *self._findings.balancer_addresses, *self._other_addresses}
        if not expected & set(answer.values):
            return Pending(
                f"the resolver says {', '.join(answer.values)}; right is {', '.join(sorted(expected))}"
            )
        # Of several regions, this one is verified, whichever the resolver answered with.
        routed = self._service.settings.is_multi_region and self._findings.balancer_addresses
        self._findings.addresses = self._findings.balancer_addresses if routed else answer.values
        return Ready(", ".join(answer.values))

    def _leads_to_balancer(self, answer: DnsAnswer) -> bool:
        target = plain_dns_name(self._service.release.load_balancer)
        named = any(plain_dns_name(name) == target for name in answer.chain)
        return named or bool(
            set(answer.values) & {*self._findings.balancer_addresses, *self._other_addresses}
        )

    def _other_regions_addresses(self) -> frozenset[str]:
        """Return the addresses of the other load balancers that share the name."""
        settings = self._service.settings
        zone = self._route53.zone_for(settings.hostname) if settings.is_multi_region else None
        records = self._route53.records(zone, settings.hostname) if zone else ()
        targets = (record.alias.dns_name.rstrip(".") for record in records if record.alias)
        return frozenset(address for target in targets for address in self._dns.resolve(target).values)

    def _misdelegated(self) -> str:
        """Return the cause if public DNS delegates to another zone than the one with the record, else ""."""
        zone = self._route53.zone_for(self._service.hostname) if self._service.record.managed else None
        if zone is None or not self._authority.servers:
            return ""
        servers = self._route53.name_servers(zone)
        if set(servers) & set(self._authority.servers):
            return ""
        return (
            f"the world asks {', '.join(self._authority.servers)} for {self._authority.zone}; "
            f"the record is in zone {zone.name}, served by {', '.join(servers)}: its parent must name those"
        )

    def _recursive_error(self, cause: str) -> EpochctlError:
        """Return ResolverCacheError if the resolver caches that the name did not exist, else VerifyError."""
        if self._recursive.status != "absent":
            fix = "an old address may be remembered for its TTL, or stand in /etc/hosts"
            return VerifyError("verify stops at: recursive DNS", why=cause, fix=fix)
        seconds = self._dns.negative_ttl(self._authority)
        return ResolverCacheError(
            f"{self._service.hostname} is healthy, but the resolver in use remembers that it did not exist",
            why=f"it may do so for at most {seconds} s more; the zone's own servers answer",
            fix=f"wait {seconds} s and run `{Command('verify')}`; "
            "do not run down and up, that starts it anew",
        )
