"""Why ACM has not issued a certificate yet, in words a person can act on. Reads the zone and the DNS;
changes nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from epochctl.aws.acm import CertificateState
from epochctl.aws.route53 import Record, Route53, Zone
from epochctl.net.dns import Authority, DnsAnswer, DnsClient
from epochctl.steps.acm_cert.validation import wanted_record

SHORT, LONG = 3.0, 10.0  # seconds that a cause may last before nothing but a person ends it


@dataclass(frozen=True)
class PendingCause:
    """A cause. patience: seconds until the wait is given up; without an end where it passes by itself."""

    cause: str
    fix: str = ""
    patience: float = math.inf


PATIENCE = PendingCause("the record is in place; ACM looks again every few minutes")
UNNAMED = PendingCause("ACM has not named the validation record yet")


class PendingDiagnosis:
    """The causes, nearest first: the record, the delegation of its zone, permission to issue (CAA)."""

    def __init__(self, route53: Route53, names: DnsClient, hostname: str) -> None:
        self._route53 = route53
        self._names = names
        self._hostname = hostname

    def find(self, state: CertificateState) -> PendingCause:
        """The first cause that is found."""
        if not state.record_name:
            return UNNAMED
        zone, record = self._route53.zone_for(self._hostname), wanted_record(state)
        found = self._in_zone(zone, record) if zone else self._elsewhere(record)
        return found or self.forbidden() or PATIENCE

    def forbidden(self) -> PendingCause | None:
        """The CAA record that keeps Amazon from issuing, whatever else is right."""
        cause = self._names.forbidden_by_caa(self._names.authority(self._hostname), self._hostname)
        fix = 'add `0 issue "amazon.com"` beside that CAA record, or remove it'
        return PendingCause(cause, fix, SHORT) if cause else None

    def _in_zone(self, zone: Zone, record: Record) -> PendingCause | None:
        present = self._route53.records(zone, record.name)
        if not present:
            cause = f"the validation record {record} is not in zone {zone.name}"
            return PendingCause(cause, "`epochctl cert request` adds it", SHORT)
        if not any(other.has_same_target(record) for other in present):
            cause = f"zone {zone.name} has {present[0]}, ACM wants {record}"
            return PendingCause(
                cause, f"remove that {present[0].type} record, then `epochctl cert request`", SHORT
            )
        return self._not_delegated(zone) or self._not_visible(record)

    def _not_delegated(self, zone: Zone) -> PendingCause | None:
        servers = self._route53.name_servers(zone)
        seen = self._names.delegation(zone.name)
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
        """It is in the zone; its name servers are told within a minute."""
        authority = self._names.authority(self._hostname)
        if self._asked(authority, record).status not in ("absent", "empty"):
            return None
        return PendingCause(f"{record.name} is not yet answered by the servers of {authority.zone}")

    def _elsewhere(self, record: Record) -> PendingCause | None:
        authority = self._names.authority(self._hostname)
        answer = self._asked(authority, record)
        if answer.status == "found":
            cause = f"{record.name} leads to {answer.values[0]}, ACM wants {record}"
            fix = f"correct it at your DNS provider: CNAME {record.name} -> {record.values[0]}"
            return None if _same(answer, record) else PendingCause(cause, fix, SHORT)
        where = f" to zone {authority.zone}" if authority.zone else ""
        unseen = f" ({answer.reason})" if answer.status == "silent" else ""
        fix = f"at your DNS provider: CNAME {record.name} -> {record.values[0]}"
        return PendingCause(f"add the record {record}{where}{unseen}", fix, LONG)

    def _asked(self, authority: Authority, record: Record) -> DnsAnswer:
        return self._names.query(authority, record.name, "CNAME")


def _same(answer: DnsAnswer, record: Record) -> bool:
    return record.values[0].rstrip(".").lower() in answer.values
