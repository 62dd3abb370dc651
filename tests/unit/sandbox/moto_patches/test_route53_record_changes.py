"""What Route 53 refuses, in its words, and that a refused batch changes nothing."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from sandbox.moto_patches import route53_record_changes

NAME = "epoch.example.test."
SIMPLE = {"Name": NAME, "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": "192.0.2.1"}]}


def routed(identifier: str, **policy: Any) -> dict[str, Any]:
    return {**SIMPLE, "SetIdentifier": identifier, **policy}


def latency(region: str) -> dict[str, Any]:
    return routed(region, Region=region)


@pytest.fixture
def zone(account: None) -> str:
    route53_record_changes.install()
    made = boto3.client("route53").create_hosted_zone(Name="example.test", CallerReference="1")
    return made["HostedZone"]["Id"]


def change(zone: str, *changes: tuple[str, dict[str, Any]]) -> None:
    batch: Any = {"Changes": [{"Action": a, "ResourceRecordSet": r} for a, r in changes]}
    boto3.client("route53").change_resource_record_sets(HostedZoneId=zone, ChangeBatch=batch)


def refusal(zone: str, *changes: tuple[str, dict[str, Any]]) -> str:
    before = there(zone)
    with pytest.raises(ClientError) as raised:
        change(zone, *changes)
    assert there(zone) == before
    error = raised.value.response["Error"]
    return f"{error['Code']}: {error['Message']}"


def there(zone: str) -> list[dict[str, Any]]:
    found = boto3.client("route53").list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
    return [dict(each) for each in found if each["Type"] not in ("NS", "SOA")]


def test_each_policy_is_kept_word_for_word(zone: str) -> None:
    sets = [routed("a", Weight=0), routed("b", Weight=255)]
    change(zone, *(("CREATE", each) for each in sets))
    assert there(zone) == sets
    change(
        zone,
        *(("DELETE", each) for each in sets),
        *(("CREATE", latency(r)) for r in ("us-west-2", "eu-west-1")),
    )
    assert {each["Region"] for each in there(zone)} == {"us-west-2", "eu-west-1"}


def test_simple_becomes_routed_in_one_batch_and_back(zone: str) -> None:
    change(zone, ("CREATE", SIMPLE))
    both = [latency("us-west-2"), latency("us-east-1")]
    change(zone, ("DELETE", SIMPLE), *(("CREATE", each) for each in both))
    assert there(zone) == both
    change(zone, *(("DELETE", each) for each in both), ("CREATE", SIMPLE))
    assert there(zone) == [SIMPLE]


def test_one_of_several_is_deleted_alone(zone: str) -> None:
    other = {**latency("us-west-2"), "Name": "other.example.test."}
    change(zone, ("CREATE", latency("us-west-2")), ("CREATE", latency("us-east-1")), ("CREATE", other))
    change(zone, ("DELETE", latency("us-west-2")))
    assert there(zone) == [latency("us-east-1"), other]


@pytest.mark.parametrize(
    ("present", "action", "record", "words"),
    [
        ([SIMPLE], "UPSERT", latency("us-west-2"), "as a non-latency set exists with the same name and type"),
        ([latency("us-west-2")], "UPSERT", SIMPLE, "as other RRSets exist with the same name and type"),
        ([latency("us-west-2")], "CREATE", routed("x", Weight=1), "a non-weighted set exists"),
        (
            [latency("us-west-2")],
            "CREATE",
            latency("us-west-2"),
            "set identifier='us-west-2'] but it already",
        ),
        (
            [latency("us-west-2")],
            "CREATE",
            routed("x", Region="us-west-2"),
            "name, type and region already exists",
        ),
        (
            [routed("a", Failover="PRIMARY")],
            "CREATE",
            routed("b", Failover="PRIMARY"),
            "Failover=PRIMARY cannot",
        ),
        ([], "DELETE", latency("us-west-2"), "but it was not found"),
        ([routed("a", Weight=1)], "DELETE", routed("a", Weight=2), "do not match the current values"),
        ([SIMPLE], "CREATE", {**SIMPLE, "Type": "CNAME"}, "conflicts with other records"),
    ],
)
def test_what_cannot_stand_together_is_refused(
    zone: str, present: list[dict[str, Any]], action: str, record: dict[str, Any], words: str
) -> None:
    for each in present:
        change(zone, ("CREATE", each))
    found = refusal(zone, (action, record))
    assert found.startswith("InvalidChangeBatch: [")
    assert words in found


@pytest.mark.parametrize(
    ("record", "words"),
    [
        (routed("x"), "InvalidInput: Invalid request: Expected exactly one of [Weight, Region"),
        ({**SIMPLE, "Weight": 1}, "InvalidInput: Invalid request: Missing field 'SetIdentifier'"),
        (
            {"Name": NAME, "Type": "A", "TTL": 60},
            "InvalidInput: Invalid request: Expected exactly one of [Alias",
        ),
        ({**latency("us-west-2"), "HealthCheckId": "absent"}, "NoSuchHealthCheck"),
        ({**SIMPLE, "Name": "epoch.elsewhere.test."}, "InvalidChangeBatch"),
    ],
)
def test_a_request_that_is_wrong_in_itself_is_refused(zone: str, record: dict[str, Any], words: str) -> None:
    assert refusal(zone, ("UPSERT", record)).startswith(words)


def test_a_batch_is_all_or_nothing_and_names_each_problem(zone: str) -> None:
    change(zone, ("CREATE", SIMPLE))
    found = refusal(
        zone,
        ("DELETE", SIMPLE),
        ("CREATE", latency("us-west-2")),
        ("CREATE", SIMPLE),
        ("DELETE", latency("x")),
    )
    assert "other RRSets exist" in found
    assert "was not found" in found
