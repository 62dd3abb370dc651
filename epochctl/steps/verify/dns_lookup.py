"""The layers of the name: what the zone's own servers say, then what the resolver of this machine says.

In that order, and the second never before the first is right: a resolver remembers that a name did not exist.
"""

from __future__ import annotations

from epochctl.aws.elbv2 import plain_dns_name
from epochctl.aws.route53 import Route53
from epochctl.errors import EpochctlError, ResolverCacheError, VerifyError
from epochctl.net.dns import Authority, DnsAnswer, DnsClient
from epochctl.steps.verify.layer import Layer, Seen, Stuck, Subject
from epochctl.workflow.waiting import Pending, Ready


class DnsChecks:
    """The way from the host name to the load balancer."""

    def __init__(self, subject: Subject, seen: Seen, names: DnsClient, route53: Route53) -> None:
        self._subject = subject
        self._seen = seen
        self._names = names
        self._route53 = route53
        self._elsewhere: frozenset[str] = frozenset()
        self._authority = Authority("")
        self._authoritative = DnsAnswer("silent")
        self._recursive = DnsAnswer("silent")

    def layers(self) -> tuple[Layer, ...]:
        """In the order in which they are asked."""
        target = self._subject.release.load_balancer
        fix = (
            "epochctl up puts the record right"
            if self._subject.record.managed
            else f"at your DNS provider: CNAME {self._subject.hostname} -> {target}; then epochctl verify"
        )
        return (
            Layer("authoritative DNS", self.authoritative, 120.0, fix),
            Layer(
                "recursive DNS", self.recursive, 15.0, "wait, or use another resolver", self._late_recursive
            ),
        )

    def authoritative(self) -> Ready[str] | Pending:
        """The zone's own servers lead to the load balancer."""
        hostname = self._subject.hostname
        self._authority = self._names.authority(hostname)
        self._elsewhere = self._addresses_elsewhere()
        answer = self._authoritative = self._names.query(self._authority, hostname, "A")
        said_by = f"said by {self._authority.zone or 'the resolver'}"
        if self._authority.note:
            said_by = f"said by the system's resolver: {self._authority.note}"
        if self._leads_home(answer):
            return Ready(f"{hostname} -> {', '.join(answer.values or answer.chain)}, {said_by}")
        if answer.status == "found" or answer.chain:
            where = ", ".join((*answer.chain, *answer.values))
            return Stuck(
                f"{hostname} leads to {where}, not to {self._subject.release.load_balancer} ({said_by})"
            )
        if answer.status == "silent":
            return Pending(f"no name server answers for {hostname}: {answer.reason}")
        if cause := self._misdelegated():
            return Stuck(cause)
        cause = f"{hostname} has no address yet ({said_by})"
        # of a record of ours the zone's servers were told before; one by hand takes its time
        return Stuck(cause) if self._subject.record.managed else Pending(cause)

    def recursive(self) -> Ready[str] | Pending:
        """Programs on this machine are led the same way."""
        hostname = self._subject.hostname
        answer = self._recursive = self._names.resolve(hostname)
        if answer.status != "found":
            return Pending(f"the resolver does not find {hostname}: {answer.reason}")
        right = {*self._authoritative.values, *self._seen.balancer_addresses, *self._elsewhere}
        if not right & set(answer.values):
            return Pending(
                f"the resolver says {', '.join(answer.values)}; right is {', '.join(sorted(right))}"
            )
        # of several regions this one is looked at, whichever the resolver is led to
        routed = self._subject.settings.is_multi_region and self._seen.balancer_addresses
        self._seen.addresses = self._seen.balancer_addresses if routed else answer.values
        return Ready(", ".join(answer.values))

    def _leads_home(self, answer: DnsAnswer) -> bool:
        target = plain_dns_name(self._subject.release.load_balancer)
        named = any(plain_dns_name(name) == target for name in answer.chain)
        return named or bool(set(answer.values) & {*self._seen.balancer_addresses, *self._elsewhere})

    def _addresses_elsewhere(self) -> frozenset[str]:
        """Where else the name may lead: to the load balancers of the regions that share it."""
        settings = self._subject.settings
        zone = self._route53.zone_for(settings.hostname) if settings.is_multi_region else None
        records = self._route53.records(zone, settings.hostname) if zone else ()
        targets = (record.alias.dns_name.rstrip(".") for record in records if record.alias)
        return frozenset(address for target in targets for address in self._names.resolve(target).values)

    def _misdelegated(self) -> str:
        """The zone that we wrote into is not the one that the world is sent to."""
        zone = self._route53.zone_for(self._subject.hostname) if self._subject.record.managed else None
        if zone is None or not self._authority.servers:
            return ""
        ours = self._route53.name_servers(zone)
        if set(ours) & set(self._authority.servers):
            return ""
        return (
            f"the world asks {', '.join(self._authority.servers)} for {self._authority.zone}; "
            f"the record is in zone {zone.name}, served by {', '.join(ours)}: its parent must name those"
        )

    def _late_recursive(self, cause: str) -> EpochctlError:
        """The name is there; what a resolver remembers is not the service's fault."""
        if self._recursive.status != "absent":
            fix = "an old address may be remembered for its TTL, or stand in /etc/hosts"
            return VerifyError("verify stops at: recursive DNS", why=cause, fix=fix)
        seconds = self._names.negative_ttl(self._authority)
        return ResolverCacheError(
            f"{self._subject.hostname} is healthy, but the resolver in use remembers that it did not exist",
            why=f"it may do so for at most {seconds} s more; the zone's own servers answer",
            fix=f"wait {seconds} s and run `epochctl verify`; do not run down and up, that starts it anew",
        )
