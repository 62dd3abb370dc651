"""The DNS record that proves the host name to ACM: added to the account's hosted zone, removed at the end.

ACM asks for the same record for every certificate of a name in an account. So one that was added by others
is sufficient, and `down` keeps it.
"""

from __future__ import annotations

from collections.abc import Collection

from epochctl.aws.acm import CertificateState
from epochctl.aws.route53 import Record, Route53, Zone, is_validation_record
from epochctl.errors import CertificateError


class ValidationRecord:
    """The validation record of one host name."""

    def __init__(self, route53: Route53, hostname: str, owner: str) -> None:
        self._route53, self._hostname, self._owner = route53, hostname, owner

    def zone(self) -> Zone | None:
        """Return the account's hosted zone for the record, or None where the name is served elsewhere."""
        return self._route53.zone_for(self._hostname)

    def pending_changes(self, state: CertificateState | None) -> tuple[str, ...]:
        """Return what `add` would do, a line each. state: None before the request."""
        zone = self.zone()
        if zone is None or (state is not None and not state.record_name):
            return ()
        if state is None:
            return (f"add its validation record to zone {zone.name}",)
        record = wanted_record(state)
        if any(existing.has_same_target(record) for existing in self._route53.records(zone, record.name)):
            return ()
        return (f"add validation record {record} to zone {zone.name}",)

    def add(self, state: CertificateState) -> str:
        """Add the record where it is missing. Return what was done or is left to the user, "" for nothing.

        Raises CertificateError where another record is in its place.
        """
        zone, record = self.zone(), wanted_record(state)
        if not state.record_name:
            return ""
        if zone is None:
            return f"no hosted zone in this account holds {self._hostname}: add the record {record}"
        if not self.pending_changes(state):
            return ""
        published = self._route53.publish(zone, record, self._owner)
        if published.foreign:
            raise CertificateError(
                f"another record stands in the place of the validation record in zone {zone.name}",
                why=f"{published.foreign[0]}; ACM wants {record}",
                fix="remove that record, then run the same command again",
            )
        return f"validation record added to zone {zone.name}"

    def owned_names(self, *, keep: Collection[str] = ()) -> tuple[str, ...]:
        """Return the names of records that epochctl added for the host name, without those in `keep`."""
        zone = self.zone()
        names = self._route53.owned_names(zone, self._hostname, self._owner) if zone else ()
        return tuple(name for name in names if is_validation_record(name) and name not in keep)

    def all_owned(self) -> tuple[tuple[Zone, str], ...]:
        """Return zone and name of the records that epochctl added for any host name, former ones too.

        Reads every record of every zone.
        """
        return tuple(
            one for one in self._route53.all_owned_names(self._owner) if is_validation_record(one[1])
        )

    def remove(self, *, keep: Collection[str] = ()) -> tuple[str, ...]:
        """Remove `all_owned` without the names in `keep`; return a line for each."""
        added = [(zone, name) for zone, name in self.all_owned() if name not in keep]
        for zone, name in added:
            self._route53.delete_record(zone, name, self._owner)
        return tuple(f"validation record {name}" for _, name in added)


def wanted_record(state: CertificateState) -> Record:
    """Return the record that ACM looks for."""
    return Record(state.record_name, state.record_type or "CNAME", (state.record_value,), ttl=300)
