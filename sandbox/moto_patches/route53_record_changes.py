"""ChangeResourceRecordSets: a batch is applied in order, wholly or not at all.

moto applies changes without looking at existing records, deletes by set identifier whatever the name, and
mixes routing policies.
"""

from __future__ import annotations

import copy
from typing import Any

from moto.route53.exceptions import (
    DnsNameInvalidForZone,
    InvalidActionValue,
    NoSuchHealthCheck,
    Route53ClientError,
)
from moto.route53.models import RecordSet, Route53Backend
from moto.route53.utils import validate_domain_name

from sandbox.moto_patches.route53_zones import normalize

POLICIES = {
    "Weight": "weighted",
    "Region": "latency",
    "Failover": "failover",
    "GeoLocation": "geolocation",
    "MultiValueAnswer": "multivalue",
}
_ONE_POLICY = "[Weight, Region, Failover, GeoLocation, or MultiValueAnswer]"
_ONE_ANSWER = "[AliasTarget, all of [TTL, and ResourceRecords], or TrafficPolicyInstanceId]"
Key = tuple[str, str, str]
Known = dict[Key, dict[str, Any]]


def install() -> None:
    """Patch moto's backend."""

    def change_resource_record_sets(self: Any, zoneid: str, change_list: list[Any]) -> None:
        zone = self.get_hosted_zone(zoneid)
        before = {_key(_raw(each)): each for each in zone.rrsets}
        known: Known = {key: _raw(each) for key, each in before.items()}
        problems: list[str] = []
        for change in change_list:
            record = copy.deepcopy(change["ResourceRecordSet"])
            _check_shape(self, zone, change["Action"], record)
            problem = _problem(zone, known, change["Action"], record)
            if problem:
                problems.append(problem)
            elif change["Action"] == "DELETE":
                del known[_key(record)]
            else:
                known[_key(record)] = record
        if problems:
            raise _refused("InvalidChangeBatch", f"[{', '.join(problems)}]")
        kept = {key: each for key, each in before.items() if known.get(key) == _raw(each)}
        zone.rrsets = [kept.get(key) or RecordSet(_stored(record)) for key, record in known.items()]

    Route53Backend.change_resource_record_sets = change_resource_record_sets


def _raw(record_set: Any) -> dict[str, Any]:
    """What moto keeps of a record set, in the API's own words."""
    found = {
        "Name": record_set.name,
        "Type": record_set.type,
        "TTL": record_set.ttl,
        "ResourceRecords": record_set.resource_records,
        "AliasTarget": record_set.alias_target,
        "SetIdentifier": record_set.set_identifier,
        "Weight": record_set.weight,
        "Region": record_set.region,
        "Failover": record_set.failover,
        "GeoLocation": record_set.geo_location,
        "MultiValueAnswer": record_set.multi_value_answer,
        "HealthCheckId": record_set.health_check_id,
    }
    return {key: value for key, value in found.items() if value not in (None, [], {})}


def _stored(record: dict[str, Any]) -> dict[str, Any]:
    """As moto's record set is made: its values without their words, its name absolute."""
    values = [each["Value"] for each in record.get("ResourceRecords", ())]
    return {**record, "Name": record["Name"].rstrip(".") + ".", "ResourceRecords": values}


def _key(record: dict[str, Any]) -> Key:
    return normalize(record["Name"]), record["Type"], record.get("SetIdentifier") or ""


def policy(record: dict[str, Any]) -> str:
    """weighted, latency, failover, geolocation, multivalue, or simple."""
    return next((word for field, word in POLICIES.items() if record.get(field) is not None), "simple")


def _check_shape(route53: Any, zone: Any, action: str, record: dict[str, Any]) -> None:
    """What is wrong with the request itself ends it at once. Raises."""
    if action not in ("CREATE", "UPSERT", "DELETE"):
        raise InvalidActionValue(action)
    validate_domain_name(record["Name"], code="InvalidChangeBatch")
    if not f".{normalize(record['Name'])}".endswith(f".{normalize(zone.name)}"):
        raise DnsNameInvalidForZone(name=record["Name"], zone_name=zone.name)
    where = (
        f"in Change with [Action={action}, Name={record['Name']}, Type={record['Type']}, "
        f"SetIdentifier={record.get('SetIdentifier') or 'null'}]"
    )
    answers = [bool(record.get("AliasTarget")), bool(record.get("ResourceRecords"))]
    _expect_one(sum(answers), _ONE_ANSWER, where)
    policies = sum(record.get(field) is not None for field in POLICIES)
    if record.get("SetIdentifier"):
        _expect_one(policies, _ONE_POLICY, where)
    elif policies:
        raise _refused("InvalidInput", f"Invalid request: Missing field 'SetIdentifier' {where}")
    check = record.get("HealthCheckId")
    if check and action != "DELETE" and check not in route53.health_checks:
        raise NoSuchHealthCheck(check)


def _expect_one(found: int, of: str, where: str) -> None:
    if found != 1:
        many = "none" if not found else "more than one"
        raise _refused(
            "InvalidInput", f"Invalid request: Expected exactly one of {of}, but found {many} {where}"
        )


def _problem(zone: Any, known: Known, action: str, record: dict[str, Any]) -> str:
    """Why the change is refused where things are as `known` says; "" where it is not."""
    identifier = record.get("SetIdentifier")
    named = f"[name='{normalize(record['Name'])}.', type='{record['Type']}'"
    named += f", set identifier='{identifier}']" if identifier else "]"
    present = known.get(_key(record))
    if action == "DELETE":
        if present is None:
            return f"Tried to delete resource record set {named} but it was not found"
        if not _same(present, record):
            return (
                f"Tried to delete resource record set {named} "
                "but the values provided do not match the current values"
            )
        return ""
    if action == "CREATE" and present is not None:
        return f"Tried to create resource record set {named} but it already exists"
    others = [
        each for key, each in known.items() if key != _key(record) and key[0] == normalize(record["Name"])
    ]
    return _type_conflict(zone, others, record) or _policy_conflict(others, record)


def _same(present: dict[str, Any], given: dict[str, Any]) -> bool:
    return all(
        _comparable(present.get(key)) == _comparable(given.get(key)) for key in {*present, *given} - {"Name"}
    )


def _comparable(value: Any) -> Any:
    """However it was spelt: numbers as text, names with or without the final dot."""
    if isinstance(value, dict):
        return {key: _comparable(each) for key, each in value.items()}
    if isinstance(value, list):
        return sorted((_comparable(each) for each in value), key=str)
    return None if value in (None, [], {}) else str(value).lower().rstrip(".")


def _type_conflict(zone: Any, others: list[dict[str, Any]], record: dict[str, Any]) -> str:
    name, where = normalize(record["Name"]), f"in zone {normalize(zone.name)}."
    words = f"RRSet of type {record['Type']} with DNS name {name}. is not permitted"
    if record["Type"] == "CNAME" and name == normalize(zone.name):
        return f"{words} at apex {where}"
    if record["Type"] == "CNAME" and any(each["Type"] != "CNAME" for each in others):
        return f"{words} as it conflicts with other records with the same DNS name {where}"
    if record["Type"] != "CNAME" and any(each["Type"] == "CNAME" for each in others):
        return (
            f"{words} because a conflicting RRSet of type CNAME with the same DNS name already exists {where}"
        )
    return ""


def _policy_conflict(others: list[dict[str, Any]], record: dict[str, Any]) -> str:
    """Simple and routed sets of a name and type cannot be mixed, nor two policies, nor two for one place."""
    others = [each for each in others if each["Type"] == record["Type"]]
    kind, words = policy(record), f"RRSet with DNS name {normalize(record['Name'])}., type {record['Type']}"
    if kind == "simple":
        return (
            f"{words} cannot be created as other RRSets exist with the same name and type." if others else ""
        )
    words += f", SetIdentifier {record['SetIdentifier']}"
    if any(policy(each) != kind for each in others):
        return f"{words} cannot be created as a non-{kind} set exists with the same name and type."
    field, title = {"latency": ("Region", "Region Name"), "failover": ("Failover", "Failover")}.get(
        kind, ("", "")
    )
    if field and any(each[field] == record[field] for each in others):
        return (
            f"{words}, and {title}={record[field]} cannot be created because a {kind} RRSet "
            f"with the same name, type and {field.lower()} already exists."
        )
    if kind == "weighted" and any(_ttl(each) != _ttl(record) for each in others):
        return f"{words} cannot be created as weighted sets must contain the same TTL."
    return ""


def _ttl(record: dict[str, Any]) -> int:
    return 0 if record.get("AliasTarget") else int(record.get("TTL") or 0)


def _refused(code: str, message: str) -> Exception:
    made: Exception = Route53ClientError(code, message)
    return made
