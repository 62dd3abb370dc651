"""The Route 53 client against moto: which zone, whose record, and a record never without its companion."""

from __future__ import annotations

from typing import Any

import pytest

from epochctl.aws.route53 import Alias, Record, Route53, Zone, owner_text
from epochctl.aws.session import Aws

HOSTNAME = "epoch.example.com"
OWNER = owner_text({"epochctl:name": "epoch", "epochctl:environment": "production"})
OTHER = owner_text({"epochctl:name": "epoch", "epochctl:environment": "staging"})
BALANCER = Record(HOSTNAME, "A", alias=Alias("k8s-epoch-1.us-west-2.elb.amazonaws.com", "Z1H1FL5HABSF5"))


@pytest.fixture
def route53(aws: Aws) -> Route53:
    return Route53(aws)


@pytest.fixture
def zone(aws: Aws, route53: Route53) -> Zone:
    make_zone(aws, "example.com")
    zone = route53.zone_for(HOSTNAME)
    assert zone is not None
    return zone


def make_zone(aws: Aws, name: str, **arguments: Any) -> None:
    aws.client("route53").create_hosted_zone(Name=name, CallerReference=f"{name}{arguments}", **arguments)


def put(aws: Aws, zone: Zone, name: str, kind: str, value: str) -> None:
    """Somebody else's record."""
    record = {"Name": name, "Type": kind, "TTL": 60, "ResourceRecords": [{"Value": value}]}
    changes = {"Changes": [{"Action": "CREATE", "ResourceRecordSet": record}]}
    aws.client("route53").change_resource_record_sets(HostedZoneId=zone.id, ChangeBatch=changes)


def kinds(route53: Route53, zone: Zone) -> set[tuple[str, str]]:
    return {(record.name, record.type) for record in route53.records_under(zone, zone.name)}


class Deaf:
    """Route 53 whose changes take effect, and whose answers about them are lost once: the SDK asks again."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def change_resource_record_sets(self, **arguments: Any) -> Any:
        self._client.change_resource_record_sets(**arguments)
        return self._client.change_resource_record_sets(**arguments)


def test_a_change_whose_answer_was_lost_is_one_that_was_made(aws: Aws, zone: Zone) -> None:
    deaf = Deaf(aws.client("route53"))
    aws._clients[("route53", "us-west-2")] = deaf
    route53 = Route53(aws)
    assert route53.publish(zone, BALANCER, OWNER).foreign == ()
    assert route53.is_owned(zone, HOSTNAME, OWNER)
    assert route53.delete_record(zone, HOSTNAME, OWNER) != ()
    assert kinds(route53, zone) == {("example.com", "NS"), ("example.com", "SOA")}


def test_the_owner_is_told_in_words() -> None:
    assert OWNER == "epochctl name=epoch environment=production"


def test_the_longest_public_zone_holds_the_name(aws: Aws, route53: Route53) -> None:
    make_zone(aws, "com")
    make_zone(aws, "example.com")
    make_zone(aws, "och.example.com")
    private = {"HostedZoneConfig": {"PrivateZone": True, "Comment": ""}}
    make_zone(aws, HOSTNAME, VPC={"VPCRegion": "us-west-2", "VPCId": "vpc-1"}, **private)
    zone = route53.zone_for("Epoch.example.com.")
    assert zone is not None
    assert zone.name == "example.com"
    assert route53.name_servers(zone)


def test_no_zone_is_an_answer(route53: Route53) -> None:
    assert route53.zone_for(HOSTNAME) is None


def test_a_record_comes_and_goes_with_its_companion(route53: Route53, zone: Zone) -> None:
    before = kinds(route53, zone)
    published = route53.publish(zone, BALANCER, OWNER)
    assert published.change
    assert route53.in_sync(published.change)
    assert kinds(route53, zone) - before == {(HOSTNAME, "A"), (f"_epochctl.{HOSTNAME}", "TXT")}
    assert route53.owned_names(zone, HOSTNAME, OWNER) == (HOSTNAME,)
    assert route53.delete_record(zone, HOSTNAME, OWNER)[0].type == "A"
    assert kinds(route53, zone) == before
    assert route53.delete_record(zone, HOSTNAME, OWNER) == ()


def test_publishing_again_changes_nothing(route53: Route53, zone: Zone) -> None:
    route53.publish(zone, BALANCER, OWNER)
    assert route53.publish(zone, BALANCER, OWNER).change == ""


def test_our_record_follows_a_new_load_balancer(route53: Route53, zone: Zone) -> None:
    route53.publish(zone, BALANCER, OWNER)
    moved = Record(HOSTNAME, "A", alias=Alias("k8s-epoch-2.us-west-2.elb.amazonaws.com", "Z1H1FL5HABSF5"))
    assert route53.publish(zone, moved, OWNER).change
    assert route53.records(zone, HOSTNAME)[0].has_same_target(moved)


def test_a_record_that_was_deleted_by_hand_is_made_again(route53: Route53, zone: Zone, aws: Aws) -> None:
    route53.publish(zone, BALANCER, OWNER)
    alias = {
        "DNSName": BALANCER.alias.dns_name,
        "HostedZoneId": "Z1H1FL5HABSF5",
        "EvaluateTargetHealth": True,
    }  # type: ignore[union-attr]
    changes = [
        {"Action": "DELETE", "ResourceRecordSet": {"Name": HOSTNAME + ".", "Type": "A", "AliasTarget": alias}}
    ]
    aws.client("route53").change_resource_record_sets(HostedZoneId=zone.id, ChangeBatch={"Changes": changes})
    assert not route53.records(zone, HOSTNAME)
    assert route53.publish(zone, BALANCER, OWNER).change
    assert route53.records(zone, HOSTNAME)


@pytest.mark.parametrize(("kind", "value"), [("A", "192.0.2.1"), ("CNAME", "old.example.net")])
def test_somebody_elses_record_is_named_and_left_alone(
    route53: Route53, zone: Zone, aws: Aws, kind: str, value: str
) -> None:
    put(aws, zone, HOSTNAME, kind, value)
    published = route53.publish(zone, BALANCER, OWNER)
    assert not published.change
    assert str(published.foreign[0]) == f"{kind} {HOSTNAME} -> {value}"
    assert route53.delete_record(zone, HOSTNAME, OWNER) == ()
    assert [record.type for record in route53.records(zone, HOSTNAME)] == [kind]


def test_another_environments_record_is_somebody_elses(route53: Route53, zone: Zone) -> None:
    route53.publish(zone, BALANCER, OTHER)
    assert route53.publish(zone, BALANCER, OWNER).foreign
    assert route53.delete_record(zone, HOSTNAME, OWNER) == ()
    assert route53.records(zone, HOSTNAME)


def test_a_text_record_of_the_name_does_not_matter(route53: Route53, zone: Zone, aws: Aws) -> None:
    put(aws, zone, HOSTNAME, "TXT", '"v=spf1 -all"')
    assert route53.publish(zone, BALANCER, OWNER).change
    route53.delete_record(zone, HOSTNAME, OWNER)
    assert [record.type for record in route53.records(zone, HOSTNAME)] == ["TXT"]


def test_only_the_name_and_what_is_below_it_is_read(route53: Route53, zone: Zone, aws: Aws) -> None:
    for number in range(320):  # more than one page, on both sides of the name
        put(aws, zone, f"{'a' if number % 2 else 'z'}{number}.example.com", "A", "192.0.2.1")
    put(aws, zone, f"epoch-2.{zone.name}", "A", "192.0.2.1")
    put(aws, zone, f"_proof.{HOSTNAME}", "CNAME", "x.acm-validations.aws")
    route53.publish(zone, BALANCER, OWNER)
    names = {record.name for record in route53.records_under(zone, HOSTNAME)}
    assert names == {HOSTNAME, f"_proof.{HOSTNAME}", f"_epochctl.{HOSTNAME}"}
