"""Public hosted zones of the account and the records in them that are ours.

A record cannot carry tags, so ownership is written beside it: a TXT record `_epochctl.<name>` holds the
owner's words (the way external-dns does it). What has no such companion is somebody else's and is never
changed. Knows nothing of load balancers or certificates, nor of what the world's resolvers say.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from epochctl.clients.aws import Aws
from epochctl.errors import EpochctlError

MARKER = "_epochctl."
TTL = 60
CLASHING = ("A", "AAAA", "CNAME")  # what decides where a name leads; a TXT or MX beside it may stay


@dataclass(frozen=True)
class Zone:
    """A public hosted zone; name without the final dot."""

    id: str
    name: str


@dataclass(frozen=True)
class Alias:
    """Where an alias record leads: Route 53 answers with the addresses of that name."""

    dns_name: str
    hosted_zone_id: str


@dataclass(frozen=True)
class Record:
    """One record set; name without the final dot. Either values and ttl, or alias."""

    name: str
    type: str
    values: tuple[str, ...] = ()
    ttl: int = TTL
    alias: Alias | None = None

    def __str__(self) -> str:
        return f"{self.type} {self.name} -> {self.alias.dns_name if self.alias else ', '.join(self.values)}"

    def leads_like(self, other: Record) -> bool:
        """Whether both lead to the same place, however spelt."""
        return self.type == other.type and _destination(self) == _destination(other)


@dataclass(frozen=True)
class Published:
    """What became of a record. foreign: records of that name that are not ours, then nothing was changed.

    change: id of the change under way, "" when nothing had to be changed.
    """

    change: str = ""
    foreign: tuple[Record, ...] = ()


def owner_of(tags: Mapping[str, str]) -> str:
    """The owner's words, from the tags that everything else of ours carries."""
    words = " ".join(
        f"{key.removeprefix('epochctl:')}={value}" for key, value in sorted(tags.items(), reverse=True)
    )
    return f"epochctl {words}"


class Route53:
    """The hosted zones of one account."""

    def __init__(self, aws: Aws) -> None:
        self._aws = aws

    def zone_for(self, hostname: str) -> Zone | None:
        """The public zone whose name is the longest suffix of `hostname`; None: it is served elsewhere."""
        name = _plain(hostname)
        fitting = [zone for zone in self._zones() if name == zone.name or name.endswith(f".{zone.name}")]
        return max(fitting, key=lambda zone: (len(zone.name), zone.id), default=None)

    def name_servers(self, zone: Zone) -> tuple[str, ...]:
        """The host names that must be in the parent's delegation for this zone to be seen."""
        answer = self._aws.call(lambda: self._client.get_hosted_zone(Id=zone.id))
        return tuple(sorted(_plain(host) for host in answer.get("DelegationSet", {}).get("NameServers", ())))

    def records(self, zone: Zone, name: str) -> tuple[Record, ...]:
        """Every record set of exactly that name."""
        return tuple(record for record in self.records_under(zone, name) if record.name == _plain(name))

    def records_under(self, zone: Zone, name: str) -> Iterator[Record]:
        """The record sets of a name and of the names below it. Zones are sorted so that few others are
        read.
        """
        suffix, start = _plain(name), f"{_plain(name)}."
        paginator = self._client.get_paginator("list_resource_record_sets")
        pages = iter(paginator.paginate(HostedZoneId=zone.id, StartRecordName=start))
        while (page := self._aws.call(lambda: next(pages, None))) is not None:
            for record in map(_record, page["ResourceRecordSets"]):
                # com.example.epoch-2 may stand between com.example.epoch and com.example.epoch._proof
                if not _sorted(record.name).startswith(_sorted(suffix)):
                    return
                if record.name == suffix or record.name.endswith(f".{suffix}"):
                    yield record

    def publish(self, zone: Zone, record: Record, owner: str) -> Published:
        """Make `record` and its companion, or change ours; one change, so a kill leaves both or neither."""
        present = [other for other in self.records(zone, record.name) if other.type in CLASHING]
        if not self.owns(zone, record.name, owner):
            if present:
                return Published(foreign=tuple(present))
            # CREATE, not UPSERT: it fails where somebody else was faster than we
            return Published(
                self._change(zone, [("CREATE", record), ("CREATE", _marker(record.name, owner))])
            )
        stale = [("DELETE", other) for other in present if other.type != record.type]
        if not stale and any(other.leads_like(record) for other in present):
            return Published()
        return Published(self._change(zone, [*stale, ("UPSERT", record)]))

    def withdraw(self, zone: Zone, name: str, owner: str) -> tuple[Record, ...]:
        """Remove the record of that name and its companion; () when there was nothing of ours."""
        if not self.owns(zone, name, owner):
            return ()
        ours = [record for record in self.records(zone, name) if record.type in CLASHING]
        marker = [record for record in self.records(zone, MARKER + _plain(name)) if record.type == "TXT"]
        self._change(zone, [("DELETE", record) for record in (*ours, *marker)])
        return tuple(ours)

    def owns(self, zone: Zone, name: str, owner: str) -> bool:
        """Whether the companion of `name` holds exactly the owner's words."""
        return any(_holds(record, owner) for record in self.records(zone, MARKER + _plain(name)))

    def owned(self, zone: Zone, name: str, owner: str) -> tuple[str, ...]:
        """The names at or below `name` that have a companion of ours."""
        return tuple(
            record.name.removeprefix(MARKER)
            for record in self.records_under(zone, name)
            if _holds(record, owner)
        )

    def in_sync(self, change: str) -> bool:
        """Whether every Route 53 name server answers with the change. "" (nothing was changed) is in sync."""
        if not change:
            return True
        answer = self._aws.call(lambda: self._client.get_change(Id=change))
        return bool(answer["ChangeInfo"]["Status"] == "INSYNC")

    @property
    def _client(self) -> Any:
        return self._aws.client("route53")

    def _zones(self) -> list[Zone]:
        pages = self._client.get_paginator("list_hosted_zones")
        items = self._aws.call(lambda: [item for page in pages.paginate() for item in page["HostedZones"]])
        public = (item for item in items if not item.get("Config", {}).get("PrivateZone"))
        return [Zone(item["Id"].removeprefix("/hostedzone/"), _plain(item["Name"])) for item in public]

    def _change(self, zone: Zone, changes: list[tuple[str, Record]]) -> str:
        batch = {
            "Changes": [
                {"Action": action, "ResourceRecordSet": _record_set(record)} for action, record in changes
            ]
        }
        try:
            answer = self._aws.call(
                lambda: self._client.change_resource_record_sets(HostedZoneId=zone.id, ChangeBatch=batch),
                absent=("InvalidChangeBatch",),
            )
        except LookupError as error:
            raise EpochctlError(
                f"Route 53 refused to change {changes[0][1].name} in zone {zone.name}",
                why=str(error.__cause__),
                fix="somebody else changed the record meanwhile; run the same command again",
            ) from error
        return str(answer["ChangeInfo"]["Id"])


def _plain(name: str) -> str:
    return name.rstrip(".").lower().replace("\\052", "*")


def _sorted(name: str) -> str:
    """As Route 53 sorts names: by their labels from the right."""
    return ".".join(reversed(name.split(".")))


def _destination(record: Record) -> tuple[str, ...]:
    if record.alias:
        return (_plain(record.alias.dns_name).removeprefix("dualstack."), record.alias.hosted_zone_id)
    return tuple(sorted(_plain(value) for value in record.values))


def _marker(name: str, owner: str) -> Record:
    return Record(MARKER + name, "TXT", (f'"{owner}"',))


def _holds(record: Record, owner: str) -> bool:
    return record.type == "TXT" and record.name.startswith(MARKER) and f'"{owner}"' in record.values


def _record(item: dict[str, Any]) -> Record:
    alias = item.get("AliasTarget")
    return Record(
        name=_plain(item["Name"]),
        type=item["Type"],
        values=tuple(value["Value"] for value in item.get("ResourceRecords", ())),
        ttl=int(item.get("TTL", 0)),
        alias=Alias(alias["DNSName"], alias["HostedZoneId"]) if alias else None,
    )


def _record_set(record: Record) -> dict[str, Any]:
    item: dict[str, Any] = {"Name": f"{record.name}.", "Type": record.type}
    if record.alias:
        item["AliasTarget"] = {
            "DNSName": record.alias.dns_name,
            "HostedZoneId": record.alias.hosted_zone_id,
            "EvaluateTargetHealth": True,
        }
    else:
        item |= {"TTL": record.ttl, "ResourceRecords": [{"Value": value} for value in record.values]}
    return item
