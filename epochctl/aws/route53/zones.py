"""Public hosted zones of the account and the records in them that are ours.

A record cannot carry tags, so ownership is written beside it: a TXT record `_epochctl.<name>` holds the
owner's words (the way external-dns does it). What has no such companion is somebody else's and is never
changed. Knows nothing of load balancers or certificates, nor of what the world's resolvers say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from epochctl.aws.route53.record import Record, from_api, plain, sorted_name, to_api
from epochctl.aws.session import Aws
from epochctl.errors import EpochctlError

OWNER_PREFIX = "_epochctl."
ATTEMPTS = 3
ADDRESS_TYPES = ("A", "AAAA", "CNAME")  # the types that resolve a host name; a TXT or MX beside them may stay


@dataclass(frozen=True)
class Zone:
    """A public hosted zone; name without the final dot."""

    id: str
    name: str


@dataclass(frozen=True)
class PublishResult:
    """The result of publishing. foreign: records of that name that are not owned; then nothing was changed.

    change: id of the change under way, "" where nothing had to be changed.
    """

    change: str = ""
    foreign: tuple[Record, ...] = ()


class RecordConflict(EpochctlError):
    """The records were changed by another run between reading and changing them."""


def owner_text(tags: Mapping[str, str]) -> str:
    """Return the text of the TXT record that marks records as owned, from the environment's tags."""
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
        name = plain(hostname)
        fitting = [zone for zone in self._zones() if name == zone.name or name.endswith(f".{zone.name}")]
        return max(fitting, key=lambda zone: (len(zone.name), zone.id), default=None)

    def name_servers(self, zone: Zone) -> tuple[str, ...]:
        """The host names that must be in the parent's delegation for this zone to be seen."""
        answer = self._aws.request("route53", "get_hosted_zone", Id=zone.id)
        return tuple(sorted(plain(host) for host in answer.get("DelegationSet", {}).get("NameServers", ())))

    def records(self, zone: Zone, name: str) -> tuple[Record, ...]:
        """Every record set of exactly that name."""
        return tuple(record for record in self.records_under(zone, name) if record.name == plain(name))

    def records_under(self, zone: Zone, name: str) -> Iterator[Record]:
        """The record sets of a name and of the names below it. Zones are sorted so that few others are
        read.
        """
        suffix, start = plain(name), f"{plain(name)}."
        listing = ("route53", "list_resource_record_sets")
        for page in self._aws.pages(*listing, HostedZoneId=zone.id, StartRecordName=start):
            for record in map(from_api, page["ResourceRecordSets"]):
                # com.example.epoch-2 may stand between com.example.epoch and com.example.epoch._proof
                if not sorted_name(record.name).startswith(sorted_name(suffix)):
                    return
                if record.name == suffix or record.name.endswith(f".{suffix}"):
                    yield record

    def publish(self, zone: Zone, record: Record, owner: str) -> PublishResult:
        """Make `record` and its companion, or change ours; one change, so a kill leaves both or neither.

        Another region's run may want the same record at the same moment: whoever is refused looks again.
        """
        for _ in range(ATTEMPTS - 1):
            try:
                return self._publish(zone, record, owner)
            except RecordConflict:
                continue
        return self._publish(zone, record, owner)

    def _publish(self, zone: Zone, record: Record, owner: str) -> PublishResult:
        present = [other for other in self.records(zone, record.name) if other.type in ADDRESS_TYPES]
        if not self.is_owned(zone, record.name, owner):
            if present:
                return PublishResult(foreign=tuple(present))
            # CREATE, not UPSERT: it fails where somebody else was faster than we
            changes = [("CREATE", record), ("CREATE", _marker(record.name, owner))]
        else:
            stale = [("DELETE", other) for other in present if other.type != record.type]
            if not stale and any(other.has_same_target(record) for other in present):
                return PublishResult()
            changes = [*stale, ("UPSERT", record)]
        return PublishResult(self._change(zone, changes, lambda: self._stands(zone, record, owner)))

    def delete_record(self, zone: Zone, name: str, owner: str) -> tuple[Record, ...]:
        """Delete the record of that name and its TXT mark; return it, () where nothing was owned."""
        if not self.is_owned(zone, name, owner):
            return ()
        ours = [record for record in self.records(zone, name) if record.type in ADDRESS_TYPES]
        marker = [record for record in self.records(zone, OWNER_PREFIX + plain(name)) if record.type == "TXT"]
        try:
            deletions = [("DELETE", record) for record in (*ours, *marker)]
            self._change(zone, deletions, lambda: not self.is_owned(zone, name, owner))
        except RecordConflict:
            if self.is_owned(zone, name, owner):
                raise
            return ()  # another region's run was faster
        return tuple(ours)

    def replace_records(
        self, zone: Zone, name: str, owner: str, present: Sequence[Record], wanted: Sequence[Record]
    ) -> str:
        """Put `wanted` in the place of `present`, which is ours: all of it or nothing, in one change.

        What is to be removed is named as it was seen, so that Route 53 refuses (Refused) where it has become
        another meanwhile. The companion comes with the first record and goes with the last. The change's id.
        """
        gone = [record for record in present if not any(record.is_equivalent(other) for other in wanted)]
        new = [record for record in wanted if not any(record.is_equivalent(other) for other in present)]
        markers = [
            record for record in self.records(zone, OWNER_PREFIX + plain(name)) if record.type == "TXT"
        ]
        marker = _marker(plain(name), owner)
        changes = [
            *(("DELETE", record) for record in (*gone, *(() if wanted else markers))),
            *(("CREATE", record) for record in (*new, *((marker,) if wanted and not markers else ()))),
        ]

        def arranged() -> bool:
            there = self.records(zone, name)
            return all(any(one.is_equivalent(other) for other in there) for one in wanted) and not any(
                one.is_equivalent(other) for one in gone for other in there
            )

        return self._change(zone, changes, arranged) if changes else ""

    def _stands(self, zone: Zone, record: Record, owner: str) -> bool:
        """Whether the record is there as wanted, and ours."""
        there = any(other.has_same_target(record) for other in self.records(zone, record.name))
        return there and self.is_owned(zone, record.name, owner)

    def is_owned(self, zone: Zone, name: str, owner: str) -> bool:
        """Return whether the TXT mark of `name` is exactly the owner's text."""
        return any(_holds(record, owner) for record in self.records(zone, OWNER_PREFIX + plain(name)))

    def owned_names(self, zone: Zone, name: str, owner: str) -> tuple[str, ...]:
        """Return the names at or below `name` that have the owner's TXT mark."""
        return tuple(
            record.name.removeprefix(OWNER_PREFIX)
            for record in self.records_under(zone, name)
            if _holds(record, owner)
        )

    def all_owned_names(self, owner: str) -> tuple[tuple[Zone, str], ...]:
        """Return all names with the owner's TXT mark and their zones. Reads every record of the account."""
        return tuple(
            (zone, name) for zone in self._zones() for name in self.owned_names(zone, zone.name, owner)
        )

    def in_sync(self, change: str) -> bool:
        """Return whether every Route 53 name server has the change. "" (nothing was changed) is in sync."""
        if not change:
            return True
        answer = self._aws.request("route53", "get_change", Id=change)
        return bool(answer["ChangeInfo"]["Status"] == "INSYNC")

    def _zones(self) -> list[Zone]:
        items = self._aws.items("route53", "list_hosted_zones", "HostedZones")
        public = (item for item in items if not item.get("Config", {}).get("PrivateZone"))
        return [Zone(item["Id"].removeprefix("/hostedzone/"), plain(item["Name"])) for item in public]

    def _change(self, zone: Zone, changes: list[tuple[str, Record]], done: Callable[[], bool]) -> str:
        """The id of the change; "" where it was made before: its answer was lost, and it was sent again.

        done: asked where Route 53 refuses, whether things are as they should become.
        """
        batch = {
            "Changes": [{"Action": action, "ResourceRecordSet": to_api(record)} for action, record in changes]
        }
        try:
            answer = self._aws.request(
                "route53",
                "change_resource_record_sets",
                absent=("InvalidChangeBatch",),
                HostedZoneId=zone.id,
                ChangeBatch=batch,
            )
        except LookupError as error:
            if done():
                return ""
            raise RecordConflict(
                f"Route 53 refused to change {changes[0][1].name} in zone {zone.name}",
                why=str(error.__cause__),
                fix="somebody else changed the record meanwhile; run the same command again",
            ) from error
        return str(answer["ChangeInfo"]["Id"])


def _marker(name: str, owner: str) -> Record:
    return Record(OWNER_PREFIX + name, "TXT", (f'"{owner}"',))


def _holds(record: Record, owner: str) -> bool:
    return record.type == "TXT" and record.name.startswith(OWNER_PREFIX) and f'"{owner}"' in record.values
