"""Another DNS provider: a zone that the world asks and the account does not have, and the form to edit it.

It is a zone of another account of the emulated Route 53, which nobody in the world has credentials for.
"""

from __future__ import annotations

from typing import Any

from sandbox.errors import SandboxError
from sandbox.moto_patches.backends import CHANGES, provider
from sandbox.moto_patches.route53_zones import Record, plain, read

ZONE = "elsewhere.test"
TTL = 60


def open_zone() -> None:
    """As the world begins."""
    provider().create_hosted_zone(f"{ZONE}.", private_zone=False, comment="of another DNS provider")


def put(name: str, kind: str, value: str) -> None:
    """Add a record, or change it; with no value it is taken away."""
    if plain(name) != ZONE and not plain(name).endswith(f".{ZONE}"):
        raise SandboxError(f"{name} is not in {ZONE}", fix=f"a name that ends with .{ZONE}", exit_code=2)
    held = next((one for one in _records() if (one.name, one.type) == (plain(name), kind)), None)
    values = (value,) if value else held.values if held else ()
    if not values:
        raise SandboxError(f"there is no {kind} record {plain(name)}", fix="epoch-sandbox record")
    told = [{"Value": each} for each in values]
    record = {"Name": f"{plain(name)}.", "Type": kind, "TTL": TTL, "ResourceRecords": told}
    change = {"Action": "UPSERT" if value else "DELETE", "ResourceRecordSet": record}
    with CHANGES:
        provider().change_resource_record_sets(_zone().id, [change])


def lines() -> list[str]:
    """Every record, as `put` takes them."""
    return [f"{one.name} {one.type} {' '.join(one.values)}" for one in _records()]


def _records() -> list[Record]:
    return [read(one) for one in list(_zone().rrsets)]


def _zone() -> Any:
    return next(zone for zone in provider().zones.values() if plain(zone.name) == ZONE)
