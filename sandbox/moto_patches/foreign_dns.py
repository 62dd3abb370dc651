"""A zone at another DNS provider, which resolvers find and the emulated account does not own.

It is a zone of another account in the emulated Route 53. No user of the sandbox has credentials for it.
"""

from __future__ import annotations

from typing import Any

from sandbox.errors import SandboxError
from sandbox.moto_patches.backends import MOTO_LOCK, foreign_route53
from sandbox.moto_patches.route53_zones import Record, normalize, parse_record_set

ZONE = "elsewhere.test"
TTL = 60


def create_zone() -> None:
    """Create the zone. Called once, when the instance starts."""
    foreign_route53().create_hosted_zone(f"{ZONE}.", private_zone=False, comment="of another DNS provider")


def put_record(name: str, kind: str, value: str) -> None:
    """Add a record, or change it; with no value it is taken away."""
    if normalize(name) != ZONE and not normalize(name).endswith(f".{ZONE}"):
        raise SandboxError(f"{name} is not in {ZONE}", fix=f"a name that ends with .{ZONE}", exit_code=2)
    held = next((one for one in _records() if (one.name, one.type) == (normalize(name), kind)), None)
    values = (value,) if value else held.values if held else ()
    if not values:
        raise SandboxError(f"there is no {kind} record {normalize(name)}", fix="epoch-sandbox record")
    resource_records = [{"Value": each} for each in values]
    record = {"Name": f"{normalize(name)}.", "Type": kind, "TTL": TTL, "ResourceRecords": resource_records}
    change = {"Action": "UPSERT" if value else "DELETE", "ResourceRecordSet": record}
    with MOTO_LOCK:
        foreign_route53().change_resource_record_sets(_zone().id, [change])


def lines() -> list[str]:
    """Every record, as `put_record` takes them."""
    return [f"{one.name} {one.type} {' '.join(one.values)}" for one in _records()]


def _records() -> list[Record]:
    return [parse_record_set(one) for one in list(_zone().rrsets)]


def _zone() -> Any:
    return next(zone for zone in foreign_route53().zones.values() if normalize(zone.name) == ZONE)
