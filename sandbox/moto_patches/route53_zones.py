"""Hosted zones of the emulated Route 53, as a name server reads them: zones and records of a name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sandbox.moto_patches.backends import backend, foreign_route53

NAME_SERVERS = ("ns-1.awsdns-01.com", "ns-2.awsdns-02.net", "ns-3.awsdns-03.org", "ns-4.awsdns-04.co.uk")


@dataclass(frozen=True)
class Record:
    """One record set. alias: the DNS name of the alias target, "" without one. TTL in seconds.

    set_identifier: of one among several of a name and type, with weight, region or failover by their policy.
    health_check: its id. evaluate_target_health: the health of the alias target counts.
    """

    name: str
    type: str
    ttl: int
    values: tuple[str, ...]
    alias: str = ""
    set_identifier: str = ""
    weight: int | None = None
    region: str = ""
    failover: str = ""
    health_check: str = ""
    evaluate_target_health: bool = False


def zone_names() -> list[str]:
    """Names of the public hosted zones, lower case, without the final dot, longest first."""
    return sorted((normalize(zone.name) for zone in _public()), key=len, reverse=True)


def zone_of(name: str) -> str | None:
    """The longest zone that holds the name."""
    return next((zone for zone in zone_names() if name == zone or name.endswith("." + zone)), None)


def records(name: str) -> list[Record]:
    """Every record set of exactly that name; a wildcard's where there is none."""
    known = list(_all())
    source = _source({record.name for record in known}, name)
    return [record for record in known if record.name == source]


def _source(names: set[str], name: str) -> str:
    """The name whose records answer for `name`: itself, or the wildcard below its closest existing parent."""
    if name in names or any(each.endswith("." + name) for each in names):
        return name
    parent = name.partition(".")[2]
    while parent and parent not in names and f"*.{parent}" not in names:
        parent = parent.partition(".")[2]
    return f"*.{parent}"


def caa_allows(name: str, authorities: tuple[str, ...]) -> bool:
    """Whether CAA lets one of the authorities issue for the name (the closest record set counts)."""
    while name:
        values = [v for record in records(name) if record.type == "CAA" for v in record.values]
        issuers = [v.split(None, 2)[2].strip('"').partition(";")[0].strip() for v in values if " issue " in v]
        if values:
            return not issuers or bool(set(issuers) & set(authorities))
        name = name.partition(".")[2]
    return True


def is_delegated(name: str) -> bool:
    """Return whether the zone of the name is delegated: its NS records name its own servers."""
    for zone in _public():
        if normalize(zone.name) == zone_of(name):
            named = {
                value
                for record in records(normalize(zone.name))
                if record.type == "NS"
                for value in record.values
            }
            return bool(
                {normalize(each) for each in named}
                & {normalize(each) for each in zone.delegation_set.name_servers}
            )
    return False


def has_descendants(name: str) -> bool:
    """Whether some record's name ends with .name: then the answer is empty, not NXDOMAIN."""
    return any(record.name.endswith("." + name) for record in _all())


def _public() -> list[Any]:
    """Return the public zones: the account's, and those of the other provider."""
    zones = (*backend("route53", "").zones.values(), *foreign_route53().zones.values())
    return [zone for zone in zones if not zone.private_zone]


def _all() -> Iterator[Record]:
    for zone in _public():
        for record_set in list(zone.rrsets):
            yield parse_record_set(record_set)


def parse_record_set(record_set: Any) -> Record:
    """One of moto's."""
    alias = record_set.alias_target or {}
    values = tuple(v["Value"] if isinstance(v, dict) else str(v) for v in record_set.records or ())
    return Record(
        name=normalize(record_set.name),
        type=str(record_set.type),
        ttl=int(record_set.ttl or 60),
        values=values,
        alias=normalize(alias.get("DNSName", "")),
        set_identifier=record_set.set_identifier or "",
        weight=None if record_set.weight is None else int(record_set.weight),
        region=record_set.region or "",
        failover=record_set.failover or "",
        health_check=record_set.health_check_id or "",
        evaluate_target_health=str(alias.get("EvaluateTargetHealth", "")).lower() == "true",
    )


def normalize(name: str) -> str:
    """A name as it is compared: lower case, without the final dot, a wildcard's star as a star."""
    return name.rstrip(".").lower().replace("\\052", "*")
