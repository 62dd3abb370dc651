"""What the hosted zones say: the longest zone, wildcards, aliases, and what does not exist."""

from __future__ import annotations

import boto3
import pytest

from sandbox.errors import SandboxError
from sandbox.moto_patches import foreign_dns, route53_record_changes, route53_zones

pytestmark = pytest.mark.usefixtures("account")


@pytest.fixture
def zone(account: None) -> str:
    return make_zone("example.test")


def make_zone(name: str, **arguments: object) -> str:
    route53 = boto3.client("route53")
    made = route53.create_hosted_zone(Name=name, CallerReference=f"{name}{arguments}", **arguments)  # type: ignore[arg-type]
    return made["HostedZone"]["Id"]


def put(zone: str, name: str, kind: str, *values: str, ttl: int = 60) -> None:
    records = [{"Value": value} for value in values]
    change(zone, {"Name": name, "Type": kind, "TTL": ttl, "ResourceRecords": records})


def change(zone: str, record_set: dict[str, object]) -> None:
    changes = {"Changes": [{"Action": "UPSERT", "ResourceRecordSet": record_set}]}
    boto3.client("route53").change_resource_record_sets(HostedZoneId=zone, ChangeBatch=changes)  # type: ignore[arg-type]


def test_the_longest_zone_holds_a_name(zone: str) -> None:
    make_zone("deep.example.test")
    assert route53_zones.zone_of("a.deep.example.test") == "deep.example.test"
    assert route53_zones.zone_of("a.example.test") == "example.test"
    assert route53_zones.zone_of("example.test") == "example.test"


def test_a_name_that_only_ends_alike_is_in_no_zone(zone: str) -> None:
    assert route53_zones.zone_of("notexample.test") is None


def test_private_zones_are_not_seen() -> None:
    network = {"VPCRegion": "us-west-2", "VPCId": "vpc-1"}
    make_zone("inner.test", VPC=network, HostedZoneConfig={"PrivateZone": True})
    assert route53_zones.zone_names() == []


def test_records_come_with_their_values(zone: str) -> None:
    put(zone, "API.example.test", "A", "10.0.0.1", "10.0.0.2", ttl=30)
    (record,) = route53_zones.records("api.example.test")
    assert (record.type, record.ttl, record.values) == ("A", 30, ("10.0.0.1", "10.0.0.2"))


def test_an_alias_says_for_what_it_stands(zone: str) -> None:
    target = {
        "DNSName": "Balancer-1.us-west-2.elb.amazonaws.com.",
        "HostedZoneId": "Z1H1FL5HABSF5",
        "EvaluateTargetHealth": True,
    }
    change(zone, {"Name": "api.example.test", "Type": "A", "AliasTarget": target})
    (record,) = route53_zones.records("api.example.test")
    assert record.alias == "balancer-1.us-west-2.elb.amazonaws.com"
    assert record.values == ()


def test_a_wildcard_answers_for_what_has_no_records_at_any_depth(zone: str) -> None:
    put(zone, "*.example.test", "A", "10.0.0.9")
    for name in ("a.example.test", "a.b.example.test"):
        assert [record.values for record in route53_zones.records(name)] == [("10.0.0.9",)]


def test_a_wildcard_does_not_answer_for_what_exists(zone: str) -> None:
    put(zone, "*.example.test", "A", "10.0.0.9")
    put(zone, "a.example.test", "TXT", '"here"')
    put(zone, "x.empty.example.test", "TXT", '"here"')
    assert [record.type for record in route53_zones.records("a.example.test")] == ["TXT"]
    assert route53_zones.records("b.a.example.test") == []
    assert route53_zones.records("empty.example.test") == []


def test_a_name_above_a_record_exists(zone: str) -> None:
    put(zone, "a.b.example.test", "A", "10.0.0.1")
    assert route53_zones.has_descendants("b.example.test")
    assert not route53_zones.has_descendants("a.b.example.test")


def test_a_deleted_record_can_be_made_again(zone: str) -> None:
    route53_record_changes.install()
    record = {"Name": "a.example.test", "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": "192.0.2.1"}]}
    put(zone, "b.example.test", "A", "192.0.2.2")
    client = boto3.client("route53")
    for action in ("CREATE", "DELETE", "CREATE"):
        changes = {"Changes": [{"Action": action, "ResourceRecordSet": record}]}
        client.change_resource_record_sets(HostedZoneId=zone, ChangeBatch=changes)  # type: ignore[arg-type]
    assert [found.values for found in route53_zones.records("a.example.test")] == [("192.0.2.1",)]
    changes = {"Changes": [{"Action": "CREATE", "ResourceRecordSet": record}]}
    with pytest.raises(client.exceptions.InvalidChangeBatch):
        client.change_resource_record_sets(HostedZoneId=zone, ChangeBatch=changes)  # type: ignore[arg-type]


def test_another_provider_s_zone_answers_and_is_not_the_account_s(zone: str) -> None:
    foreign_dns.create_zone()
    foreign_dns.put_record("Epoch.elsewhere.test.", "CNAME", "lb.example.test")
    assert route53_zones.zone_of("epoch.elsewhere.test") == "elsewhere.test"
    (record,) = route53_zones.records("epoch.elsewhere.test")
    assert (record.type, record.values) == ("CNAME", ("lb.example.test",))
    assert route53_zones.is_delegated("epoch.elsewhere.test")
    seen = boto3.client("route53").list_hosted_zones()["HostedZones"]
    assert [each["Name"] for each in seen] == ["example.test."]
    foreign_dns.put_record("epoch.elsewhere.test", "CNAME", "other.example.test")
    assert "epoch.elsewhere.test CNAME other.example.test" in foreign_dns.lines()
    foreign_dns.put_record("epoch.elsewhere.test", "CNAME", "")
    assert route53_zones.records("epoch.elsewhere.test") == []


def test_its_form_refuses_what_is_not_its() -> None:
    foreign_dns.create_zone()
    with pytest.raises(SandboxError, match="is not in elsewhere"):
        foreign_dns.put_record("epoch.example.test", "CNAME", "x.test")
    with pytest.raises(SandboxError, match="there is no CNAME record"):
        foreign_dns.put_record("epoch.elsewhere.test", "CNAME", "")
