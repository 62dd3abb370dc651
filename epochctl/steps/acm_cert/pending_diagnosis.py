"""Why ACM has not issued a certificate yet, and what to do. Reads the zone and the DNS; changes nothing."""

from __future__ import annotations

import math
from dataclasses import dataclass

from epochctl.aws.acm import CertificateState
from epochctl.aws.route53 import Record, Route53, Zone
from epochctl.command import Command
from epochctl.net.dns import Authority, DnsAnswer, DnsClient
from epochctl.steps.acm_cert.validation_record import wanted_record

SHORT, LONG = 3.0, 10.0  # seconds after which a cause is known not to pass by itself


@dataclass(frozen=True)
class PendingCause:
    """A cause. timeout: seconds until waiting is given up; infinite where it passes by itself."""

    cause: str
    fix: str = ""
    timeout: float = math.inf


IN_PLACE = PendingCause("the record is in place; ACM looks again every few minutes")
UNNAMED = PendingCause("ACM has not named the validation record yet")


class PendingDiagnosis:
    """Looks for causes in this order: the record, the delegation of its zone, CAA records."""

    def __init__(self, route53: Route53, dns: DnsClient, hostname: str) -> None:
        self._route53, self._dns, self._hostname = route53, dns, hostname

    def find(self, state: CertificateState) -> PendingCause:
        """Return the first cause that applies."""
        if not state.record_name:
            return UNNAMED
        zone, record = self._route53.zone_for(self._hostname), wanted_record(state)
        found = self._in_zone(zone, record) if zone else self._outside_account(record)
        return found or self.caa_denial() or IN_PLACE

    def caa_denial(self) -> PendingCause | None:
        """Return the CAA record that does not allow Amazon to issue, or None."""
        cause = self._dns.forbidden_by_caa(self._dns.authority(self._hostname), self._hostname)
        fix = 'add `0 issue "amazon.com"` beside that CAA record, or remove it'
        return PendingCause(cause, fix, SHORT) if cause else None

    def _in_zone(self, zone: Zone, record: Record) -> PendingCause | None:
        existing = self._route53.records(zone, record.name)
        if not existing:
            cause = f"the validation record {record} is not in zone {zone.name}"
            return PendingCause(cause, f"`{Command('cert', 'request')}` adds it", SHORT)
        if not any(other.has_same_target(record) for other in existing):
            cause = f"zone {zone.name} has {existing[0]}, ACM wants {record}"
            return PendingCause(
                cause, f"remove that {existing[0].type} record, then `{Command('cert', 'request')}`", SHORT
            )
        return self._not_delegated(zone) or self._not_visible(record)

    def _not_delegated(self, zone: Zone) -> PendingCause | None:
        servers = self._route53.name_servers(zone)
        seen = self._dns.delegation(zone.name)
        if seen.status == "silent" or set(seen.values) & set(servers):
            return None
        named = ", ".join(servers)
        if not seen.values:
            cause = f"nobody finds zone {zone.name}: its parent must name {named}"
        else:
            cause = (
                f"the world is sent to {', '.join(seen.values)} for {zone.name}, "
                f"but this account's zone is served by {named}: correct the NS records of its parent"
            )
        return PendingCause(cause, f"at the parent of {zone.name} (your registrar): NS records {named}", LONG)

    def _not_visible(self, record: Record) -> PendingCause | None:
        """The zone has the record; Route 53's name servers answer with it within a minute."""
        authority = self._dns.authority(self._hostname)
        if self._query(authority, record).status not in ("absent", "empty"):
            return None
        return PendingCause(f"{record.name} is not yet answered by the servers of {authority.zone}")

    def _outside_account(self, record: Record) -> PendingCause | None:
        authority = self._dns.authority(self._hostname)
        answer = self._query(authority, record)
        if answer.status == "found":
            cause = f"{record.name} leads to {answer.values[0]}, ACM wants {record}"
            fix = f"correct it at your DNS provider: CNAME {record.name} -> {record.values[0]}"
            return None if _same(answer, record) else PendingCause(cause, fix, SHORT)
        where = f" to zone {authority.zone}" if authority.zone else ""
        unseen = f" ({answer.reason})" if answer.status == "silent" else ""
        fix = f"at your DNS provider: CNAME {record.name} -> {record.values[0]}"
        return PendingCause(f"add the record {record}{where}{unseen}", fix, LONG)

    def _query(self, authority: Authority, record: Record) -> DnsAnswer:
        return self._dns.query(authority, record.name, "CNAME")


def _same(answer: DnsAnswer, record: Record) -> bool:
    return record.values[0].rstrip(".").lower() in answer.values
