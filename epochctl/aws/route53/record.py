"""A record set as a frozen fact, to and from Route 53's own form. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

TTL = 60
# Route 53's own key of each policy that we make; whatever else there is, we only read.
POLICIES = {"latency": "Region", "weighted": "Weight", "failover": "Failover"}


@dataclass(frozen=True)
class Alias:
    """The target of an alias record: Route 53 answers with the addresses of that name.

    evaluates_health: whether the load balancer's own health counts (EvaluateTargetHealth).
    """

    dns_name: str
    hosted_zone_id: str
    evaluates_health: bool = True


@dataclass(frozen=True)
class Placement:
    """What makes a record one of several of its name. region: its set identifier, which we give the region's
    name.

    kind: latency, weighted, failover, or other. weight: of weighted; primary: of failover.
    """

    region: str
    kind: str
    weight: int = 0
    primary: bool = False
    health_check: str = ""

    def __str__(self) -> str:
        of = {"weighted": f"weighted {self.weight}", "failover": "primary" if self.primary else "secondary"}
        return f"{self.region}, {of.get(self.kind, self.kind)}"


@dataclass(frozen=True)
class Record:
    """One record set; name without the final dot. Either values and ttl, or alias.

    placement: its part among several of the same name and type; None where it is the only one.
    """

    name: str
    type: str
    values: tuple[str, ...] = ()
    ttl: int = TTL
    alias: Alias | None = None
    placement: Placement | None = None

    def __str__(self) -> str:
        among = f" ({self.placement})" if self.placement else ""
        target = self.alias.dns_name if self.alias else ", ".join(self.values)
        return f"{self.type} {self.name} -> {target}{among}"

    def has_same_target(self, other: Record) -> bool:
        """Return whether both have the same target, however it is spelled."""
        return self.type == other.type and _destination(self) == _destination(other)

    def is_equivalent(self, other: Record) -> bool:
        """Return whether target, placement and the use of the target's health are the same."""
        evaluates = [one.alias is not None and one.alias.evaluates_health for one in (self, other)]
        return (
            self.has_same_target(other) and self.placement == other.placement and evaluates[0] == evaluates[1]
        )


def plain(name: str) -> str:
    return name.rstrip(".").lower().replace("\\052", "*")


def is_validation_record(name: str) -> bool:
    """Return whether a name is that of a validation record: no host name begins with "_" (RFC 1123)."""
    return name.startswith("_")


def sorted_name(name: str) -> str:
    """Return the key by which Route 53 sorts names: their labels from the right."""
    return ".".join(reversed(name.split(".")))


def _destination(record: Record) -> tuple[str, ...]:
    if record.alias:
        return (plain(record.alias.dns_name).removeprefix("dualstack."), record.alias.hosted_zone_id)
    return tuple(sorted(plain(value) for value in record.values))


def from_api(item: Mapping[str, Any]) -> Record:
    """Return the record of an item of ListResourceRecordSets."""
    alias = item.get("AliasTarget")
    return Record(
        name=plain(item["Name"]),
        type=item["Type"],
        values=tuple(value["Value"] for value in item.get("ResourceRecords", ())),
        ttl=int(item.get("TTL", 0)),
        alias=_alias(alias) if alias else None,
        placement=_placement(item) if "SetIdentifier" in item else None,
    )


def _alias(item: Mapping[str, Any]) -> Alias:
    return Alias(item["DNSName"], item["HostedZoneId"], bool(item.get("EvaluateTargetHealth", True)))


def _placement(item: Mapping[str, Any]) -> Placement:
    return Placement(
        region=item["SetIdentifier"],
        kind=next((kind for kind, key in POLICIES.items() if key in item), "other"),
        weight=int(item.get("Weight", 0)),
        primary=item.get("Failover") == "PRIMARY",
        health_check=item.get("HealthCheckId", ""),
    )


def _placed(placement: Placement) -> dict[str, Any]:
    value: dict[str, Any] = {
        "latency": placement.region,
        "weighted": placement.weight,
        "failover": "PRIMARY" if placement.primary else "SECONDARY",
    }
    item = {"SetIdentifier": placement.region, POLICIES[placement.kind]: value[placement.kind]}
    return item | ({"HealthCheckId": placement.health_check} if placement.health_check else {})


def to_api(record: Record) -> dict[str, Any]:
    """Return the record as ChangeResourceRecordSets takes it."""
    item: dict[str, Any] = {"Name": f"{record.name}.", "Type": record.type}
    if record.placement:
        item |= _placed(record.placement)
    if record.alias:
        item["AliasTarget"] = {
            "DNSName": record.alias.dns_name,
            "HostedZoneId": record.alias.hosted_zone_id,
            "EvaluateTargetHealth": record.alias.evaluates_health,
        }
    else:
        item |= {"TTL": record.ttl, "ResourceRecords": [{"Value": value} for value in record.values]}
    return item
