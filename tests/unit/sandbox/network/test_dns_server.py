"""The world's name server: hosted zones, AWS's own names, and that what it does not know does not exist."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import boto3
import dns.flags
import dns.message
import dns.query
import dns.rcode
import dns.rdatatype
import pytest

from sandbox.moto_patches.elbv2 import LoadBalancers
from sandbox.network.addresses import AWS_ADDRESS, DNS_ADDRESS
from sandbox.network.dns_server import DnsResponder, DnsServer

CLUSTER = "abc.gr7.us-west-2.eks.amazonaws.com"


@pytest.fixture
def balancers(account: None) -> LoadBalancers:
    return LoadBalancers()


@pytest.fixture
def responder(balancers: LoadBalancers) -> DnsResponder:
    instances = {"ip-10-0-1-7.us-west-2.compute.internal": "10.0.1.7"}
    return DnsResponder(balancers, {CLUSTER: "192.0.2.1"}.get, instances.get)


@pytest.fixture
def zone(account: None) -> str:
    made = boto3.client("route53").create_hosted_zone(Name="example.test", CallerReference="1")
    return made["HostedZone"]["Id"]


def change(zone: str, record_set: dict[str, object]) -> None:
    batch = {"Changes": [{"Action": "UPSERT", "ResourceRecordSet": record_set}]}
    boto3.client("route53").change_resource_record_sets(HostedZoneId=zone, ChangeBatch=batch)  # type: ignore[arg-type]


def put(zone: str, name: str, kind: str, *values: str) -> None:
    records = [{"Value": value} for value in values]
    change(zone, {"Name": name, "Type": kind, "TTL": 60, "ResourceRecords": records})


def ask(responder: DnsResponder, name: str, kind: str = "A") -> dns.message.Message:
    """The answer, through the wire format and back."""
    response = responder.answer(dns.message.make_query(name, kind))
    return dns.message.from_wire(response.to_wire())


def found(responder: DnsResponder, name: str, kind: str = "A") -> list[str]:
    return sorted(
        f"{rrset.rdtype.name} {record}" for rrset in ask(responder, name, kind).answer for record in rrset
    )


def code(responder: DnsResponder, name: str, kind: str = "A") -> str:
    return dns.rcode.to_text(ask(responder, name, kind).rcode())


def test_a_record_of_a_zone_is_answered_with_authority(responder: DnsResponder, zone: str) -> None:
    put(zone, "api.example.test", "A", "10.0.0.1", "10.0.0.2")
    assert found(responder, "API.Example.test") == ["A 10.0.0.1", "A 10.0.0.2"]
    assert ask(responder, "api.example.test").flags & dns.flags.AA


def test_a_cname_is_followed_within_the_zone(responder: DnsResponder, zone: str) -> None:
    put(zone, "www.example.test", "CNAME", "api.example.test")
    put(zone, "api.example.test", "A", "10.0.0.1")
    assert found(responder, "www.example.test") == ["A 10.0.0.1", "CNAME api.example.test."]


def test_a_cname_itself_can_be_asked_for(responder: DnsResponder, zone: str) -> None:
    put(zone, "_1.example.test", "CNAME", "_2.acm-validations.aws.")
    assert found(responder, "_1.example.test", "CNAME") == ["CNAME _2.acm-validations.aws."]


def test_a_cname_to_nowhere_ends_in_nothing(responder: DnsResponder, zone: str) -> None:
    put(zone, "www.example.test", "CNAME", "www.elsewhere.test.")
    assert found(responder, "www.example.test") == ["CNAME www.elsewhere.test."]
    assert code(responder, "www.example.test") == "NXDOMAIN"


def test_a_circle_of_cnames_ends(responder: DnsResponder, zone: str) -> None:
    put(zone, "a.example.test", "CNAME", "b.example.test")
    put(zone, "b.example.test", "CNAME", "a.example.test")
    assert len(ask(responder, "a.example.test").answer) == 2


def test_an_alias_is_answered_with_the_addresses_of_the_balancer(
    responder: DnsResponder, zone: str, balancers: LoadBalancers
) -> None:
    subnets = boto3.client("ec2", "us-west-2").describe_subnets()["Subnets"][:2]
    elb = boto3.client("elbv2", "us-west-2")
    made = elb.create_load_balancer(Name="b", Subnets=[subnet["SubnetId"] for subnet in subnets])
    host = made["LoadBalancers"][0]["DNSName"]
    target = {"DNSName": f"dualstack.{host}.", "HostedZoneId": "Z1", "EvaluateTargetHealth": True}
    change(zone, {"Name": "api.example.test", "Type": "A", "AliasTarget": target})
    addresses = [f"A {address}" for address in balancers.addresses_of_name(host.lower())]
    assert len(addresses) == 2
    assert found(responder, "api.example.test") == addresses
    assert found(responder, host) == addresses


def test_an_alias_for_a_balancer_that_is_gone_is_empty(responder: DnsResponder, zone: str) -> None:
    target = {
        "DNSName": "gone.us-west-2.elb.amazonaws.com.",
        "HostedZoneId": "Z1",
        "EvaluateTargetHealth": True,
    }
    change(zone, {"Name": "api.example.test", "Type": "A", "AliasTarget": target})
    assert found(responder, "api.example.test") == []
    assert code(responder, "gone.us-west-2.elb.amazonaws.com") == "NXDOMAIN"


def test_a_zone_has_its_name_servers_and_they_have_addresses(responder: DnsResponder, zone: str) -> None:
    servers = found(responder, "example.test", "NS")
    assert servers
    for server in servers:
        assert found(responder, server.removeprefix("NS ")) == [f"A {DNS_ADDRESS}"]


def test_a_zone_has_its_start_of_authority(responder: DnsResponder, zone: str) -> None:
    (soa,) = found(responder, "example.test", "SOA")
    assert "awsdns" in soa


def test_an_absent_name_does_not_exist_and_the_soa_says_how_long(responder: DnsResponder, zone: str) -> None:
    response = ask(responder, "absent.example.test")
    assert response.rcode() == dns.rcode.NXDOMAIN
    assert [rrset.rdtype for rrset in response.authority] == [dns.rdatatype.SOA]


def test_an_absent_type_of_a_name_that_exists_is_empty(responder: DnsResponder, zone: str) -> None:
    put(zone, "api.example.test", "A", "10.0.0.1")
    response = ask(responder, "api.example.test", "AAAA")
    assert response.rcode() == dns.rcode.NOERROR
    assert response.answer == []
    assert response.authority


@pytest.mark.parametrize("name", ["python.org", "github.com", "example.test", "amazonaws.com.evil.test"])
def test_there_is_no_upstream(responder: DnsResponder, name: str) -> None:
    assert code(responder, name) == "NXDOMAIN"


@pytest.mark.parametrize(
    "name",
    [
        "sts.us-west-2.amazonaws.com",
        "api.ecr.us-west-2.amazonaws.com",
        "123456789012.dkr.ecr.eu-central-1.amazonaws.com",
        "eks.us-west-2.api.aws",
        "oidc.eks.us-west-2.amazonaws.com",
        "public.ecr.aws",
    ],
)
def test_names_of_aws_lead_to_the_world(responder: DnsResponder, name: str) -> None:
    assert found(responder, name) == [f"A {AWS_ADDRESS}"]
    assert code(responder, name, "AAAA") == "NOERROR"


def test_clusters_and_instances_have_their_own_addresses(responder: DnsResponder) -> None:
    assert found(responder, CLUSTER.upper()) == ["A 192.0.2.1"]
    assert found(responder, "ip-10-0-1-7.us-west-2.compute.internal") == ["A 10.0.1.7"]
    assert code(responder, "ip-10-9-9-9.us-west-2.compute.internal") == "NXDOMAIN"


@pytest.fixture
def served(responder: DnsResponder) -> Iterator[int]:
    """A name server on a free port of the loopback; its port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    server = DnsServer(responder, port)
    server.listen("127.0.0.1")
    yield port
    server.stop_listening("127.0.0.1")
    server.stop_listening("127.0.0.1")


def test_questions_are_answered_over_udp_and_tcp(served: int) -> None:
    query = dns.message.make_query("sts.us-west-2.amazonaws.com", "A")
    for transport in (dns.query.udp, dns.query.tcp):
        assert transport(query, "127.0.0.1", port=served, timeout=5).answer


def test_rubbish_does_not_end_the_server(served: int) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.sendto(b"rubbish", ("127.0.0.1", served))
    query = dns.message.make_query("sts.us-west-2.amazonaws.com", "A")
    assert dns.query.udp(query, "127.0.0.1", port=served, timeout=5).answer
