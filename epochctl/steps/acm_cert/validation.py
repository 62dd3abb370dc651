"""The DNS record that proves the host name to ACM: whether it is due, added where a zone is ours, withdrawn.

ACM wants the same record for every certificate of a name in an account. So one that somebody else added is as
good as ours and stays when we go.
"""

from __future__ import annotations

from collections.abc import Collection

from epochctl.aws.acm import CertificateState
from epochctl.aws.route53 import Record, Route53, Zone, is_validation_record
from epochctl.errors import CertificateError


class Validation:
    """The validation record of one host name."""

    def __init__(self, route53: Route53, hostname: str, owner: str) -> None:
        self._route53 = route53
        self._hostname = hostname
        self._owner = owner

    def zone(self) -> Zone | None:
        """The zone that the record belongs into, None where the name is served elsewhere."""
        return self._route53.zone_for(self._hostname)

    def due(self, state: CertificateState | None) -> tuple[str, ...]:
        """What `add` would do, a line each."""
        zone = self.zone()
        if zone is None or (state is not None and not state.record_name):
            return ()
        if state is None:
            return (f"add its validation record to zone {zone.name}",)
        record = wanted_record(state)
        if any(present.has_same_target(record) for present in self._route53.records(zone, record.name)):
            return ()
        return (f"add validation record {record} to zone {zone.name}",)

    def add(self, state: CertificateState) -> str:
        """Put the record into the zone where it is due. What was done, or what is left to the user; "" for
        nothing.
        """
        zone, record = self.zone(), wanted_record(state)
        if not state.record_name:
            return ""
        if zone is None:
            return f"no hosted zone in this account holds {self._hostname}: add the record {record}"
        if not self.due(state):
            return ""
        published = self._route53.publish(zone, record, self._owner)
        if published.foreign:
            raise CertificateError(
                f"another record stands in the place of the validation record in zone {zone.name}",
                why=f"{published.foreign[0]}; ACM wants {record}",
                fix="remove that record, then run the same command again",
            )
        return f"validation record added to zone {zone.name}"

    def ours(self, *, keep: Collection[str] = ()) -> tuple[str, ...]:
        """Names of validation records that we added for the host name, but for `keep`."""
        zone = self.zone()
        names = self._route53.owned_names(zone, self._hostname, self._owner) if zone else ()
        return tuple(name for name in names if is_validation_record(name) and name not in keep)

    def all(self) -> tuple[tuple[Zone, str], ...]:
        """What we added for any host name, those before this one too. Reads every record that there is."""
        return tuple(
            one for one in self._route53.all_owned_names(self._owner) if is_validation_record(one[1])
        )

    def withdraw(self, *, keep: Collection[str] = ()) -> tuple[str, ...]:
        """Remove `all`, but for `keep`; a line each."""
        added = [(zone, name) for zone, name in self.all() if name not in keep]
        for zone, name in added:
            self._route53.delete_record(zone, name, self._owner)
        return tuple(f"validation record {name}" for _, name in added)


def wanted_record(state: CertificateState) -> Record:
    """The record that ACM looks for."""
    return Record(state.record_name, state.record_type or "CNAME", (state.record_value,), ttl=300)
