"""The zone publishes a CAA record that names another authority: Amazon may issue nothing below it."""

from __future__ import annotations

import copy
from typing import Any

from sandbox.errors import SandboxError
from sandbox.faults.fault import Fault, FaultContext, Options, Stop
from sandbox.moto_patches.backends import MOTO_LOCK, backend


def start(context: FaultContext, options: Options) -> Stop:
    name = str(options["zone"]).rstrip(".") + "."
    zone = next((zone for zone in backend("route53", "").zones.values() if zone.name == name), None)
    if zone is None:
        raise SandboxError(f"there is no hosted zone {name}")
    record = {
        "Name": name,
        "Type": "CAA",
        "TTL": 60,
        "ResourceRecords": [{"Value": f'0 issue "{options["issuer"]}"'}],
    }
    _change(zone, "UPSERT", record)
    return lambda: _change(zone, "DELETE", record)


def _change(zone: Any, action: str, record: dict[str, Any]) -> None:
    with MOTO_LOCK:
        change = {"Action": action, "ResourceRecordSet": copy.deepcopy(record)}  # moto writes into it
        backend("route53", "").change_resource_record_sets(zone.id, [change])


FAULT = Fault(
    "caa",
    "the zone's CAA record allows another authority only: ACM's certificates fail with CAA_ERROR",
    start,
    {"issuer": "letsencrypt.org", "zone": "sandbox.test"},
)
