"""Why ACM has not issued a certificate yet, in words a person can act on. Reads the zone and the DNS;
changes nothing.
"""

from __future__ import annotations

from epochctl.clients.acm import CertificateState
from epochctl.clients.dns import Answer, Names
from epochctl.clients.route53 import Record, Route53, Zone
from epochctl.steps.acm_cert.validation import wanted

PATIENCE = "the record is in place; ACM looks again every few minutes"


class Diagnosis:
    """The causes, nearest first: the record, the delegation of its zone, permission to issue (CAA)."""

    def __init__(self, route53: Route53, names: Names, hostname: str) -> None:
        self._route53 = route53
        self._names = names
        self._hostname = hostname

    def cause(self, state: CertificateState) -> str:
        """The first cause that is found."""
        if not state.record_name:
            return "ACM has not named the validation record yet"
        zone = self._route53.zone_for(self._hostname)
        found = self._in_zone(zone, wanted(state)) if zone else self._elsewhere(wanted(state))
        return found or self._forbidden() or PATIENCE

    def _in_zone(self, zone: Zone, record: Record) -> str:
        present = self._route53.records(zone, record.name)
        if not present:
            return f"the validation record {record} is not in zone {zone.name}"
        if not any(other.leads_like(record) for other in present):
            return f"zone {zone.name} has {present[0]}, ACM wants {record}"
        return self._not_delegated(zone)

    def _not_delegated(self, zone: Zone) -> str:
        servers = self._route53.name_servers(zone)
        seen = self._names.delegation(zone.name)
        if seen.status == "silent" or set(seen.values) & set(servers):
            return ""
        if not seen.values:
            return f"nobody finds zone {zone.name}: its parent must name {', '.join(servers)}"
        return (
            f"the world is sent to {', '.join(seen.values)} for {zone.name}, "
            f"but this account's zone is served by {', '.join(servers)}: correct the NS records of its parent"
        )

    def _elsewhere(self, record: Record) -> str:
        authority = self._names.authority(self._hostname)
        answer = self._names.ask(authority, record.name, "CNAME")
        if answer.status == "found":
            return (
                ""
                if _same(answer, record)
                else f"{record.name} leads to {answer.values[0]}, ACM wants {record}"
            )
        where = f" to zone {authority.zone}" if authority.zone else ""
        unseen = f" ({answer.reason})" if answer.status == "silent" else ""
        return f"add the record {record}{where}{unseen}"

    def _forbidden(self) -> str:
        return self._names.forbidden_by_caa(self._names.authority(self._hostname), self._hostname)


def _same(answer: Answer, record: Record) -> bool:
    return record.values[0].rstrip(".").lower() in answer.values
