"""Questions to name servers, with a small internet in place of the wire: who is asked, what answers mean."""

from __future__ import annotations

import socket
from typing import Any

import dns.exception
import dns.flags
import dns.message
import dns.query
import dns.rcode
import dns.rdatatype
import dns.resolver
import dns.rrset
import pytest

from epochctl.net.dns import Authority, DnsAnswer, DnsClient

HOSTNAME = "epoch.dev.example.com"
PARENT, CHILD = "192.0.2.1", "192.0.2.2"
SERVERS = {"ns.example.com": PARENT, "ns.dev.example.com": CHILD}


class Internet:
    """Servers by address with their records, and a resolver that remembers which names it was asked."""

    def __init__(self) -> None:
        self.records: dict[str, dict[tuple[str, str], tuple[str, ...]]] = {
            PARENT: {
                ("example.com", "NS"): ("ns.example.com.",),
                ("dev.example.com", "NS"): ("ns.dev.example.com.",),
            },
            CHILD: {("dev.example.com", "NS"): ("ns.dev.example.com.",)},
        }
        self.silent: set[str] = set()
        self.resolved: list[str] = []

    def udp(
        self, question: dns.message.Message, where: str, timeout: float
    ) -> tuple[dns.message.Message, bool]:
        assert not question.flags & dns.flags.RD
        if where in self.silent:
            raise dns.exception.Timeout
        return self.answer(question, self.records[where]), False

    def resolve(self, name: str, kind: str, **__: Any) -> Any:
        self.resolved.append(name.rstrip("."))
        records = {key: values for zone in self.records.values() for key, values in zone.items()}
        response = self.answer(dns.message.make_query(name, kind), records)
        if response.rcode() == dns.rcode.NXDOMAIN:
            raise dns.resolver.NXDOMAIN
        return type("Found", (), {"response": response})

    def answer(self, question: Any, records: dict[tuple[str, str], tuple[str, ...]]) -> dns.message.Message:
        response = dns.message.make_response(question)
        name, kind = (
            str(question.question[0].name).rstrip("."),
            dns.rdatatype.to_text(question.question[0].rdtype),
        )
        for owner, type_ in ((name, kind), (name, "CNAME")):
            if values := records.get((owner, type_)):
                section = (
                    response.authority if owner == "dev.example.com" and kind == "NS" else response.answer
                )
                section.append(dns.rrset.from_text(f"{owner}.", 60, "IN", type_, *values))
                return response
        if not any(owner == name or owner.endswith(f".{name}") for owner, _ in records):
            response.set_rcode(dns.rcode.NXDOMAIN)
        return response


@pytest.fixture
def internet(monkeypatch: pytest.MonkeyPatch) -> Internet:
    world = Internet()

    def addresses(host: str, port: int, **_: Any) -> list[Any]:
        if host not in SERVERS:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return [(socket.AF_INET, None, None, "", (SERVERS[host], port))]

    monkeypatch.setattr(dns.query, "udp_with_fallback", world.udp)
    monkeypatch.setattr(dns.resolver.Resolver, "__init__", lambda self: None)
    monkeypatch.setattr(dns.resolver.Resolver, "resolve", world.resolve)
    monkeypatch.setattr(socket, "getaddrinfo", addresses)
    return world


def test_the_zone_is_found_without_asking_the_resolver_for_the_name(internet: Internet) -> None:
    authority = DnsClient().authority(HOSTNAME)
    assert authority == Authority("dev.example.com", ("ns.dev.example.com",), (CHILD,))
    assert internet.resolved == ["example.com"]


def test_an_undelegated_name_is_not_asked_for(internet: Internet) -> None:
    authority = DnsClient().authority("epoch.example.org")
    assert (authority.zone, authority.addresses) == ("", ())
    assert authority.note
    assert "epoch.example.org" not in internet.resolved


def test_servers_that_do_not_answer_are_noted(internet: Internet) -> None:
    internet.silent.add(PARENT)
    authority = DnsClient().authority(HOSTNAME)
    assert authority.addresses == ()
    assert "do not answer from here" in authority.note


def test_servers_without_an_address_are_noted(internet: Internet) -> None:
    internet.records[PARENT]["example.com", "NS"] = ("ns.nowhere.net.",)
    authority = DnsClient().authority("epoch.example.com")
    assert authority.addresses == ()
    assert "have no address here" in authority.note


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        ({(HOSTNAME, "A"): ("192.0.2.9",)}, DnsAnswer("found", ("192.0.2.9",))),
        ({(HOSTNAME, "CNAME"): ("LB.example.net.",)}, DnsAnswer("empty", chain=("lb.example.net",))),
        ({(f"_x.{HOSTNAME}", "TXT"): ('"x"',)}, DnsAnswer("empty")),
        ({}, DnsAnswer("absent")),
    ],
)
def test_what_an_answer_means(internet: Internet, records: Any, expected: DnsAnswer) -> None:
    internet.records[CHILD].update(records)
    assert DnsClient().query(DnsClient().authority(HOSTNAME), HOSTNAME, "A") == expected


def test_silence_names_the_server(internet: Internet) -> None:
    authority = DnsClient().authority(HOSTNAME)
    internet.silent.add(CHILD)
    answer = DnsClient().query(authority, HOSTNAME, "A")
    assert answer.status == "silent"
    assert CHILD in answer.reason


@pytest.mark.parametrize(("minimum", "seconds"), [(30, 30), (86400, 60)])  # the record's own TTL is 60
def test_a_negative_answer_lives_as_long_as_the_soa_says(
    internet: Internet, minimum: int, seconds: int
) -> None:
    internet.records[CHILD]["dev.example.com", "SOA"] = (f"ns.x. admin.x. 1 7200 900 1209600 {minimum}",)
    assert DnsClient().negative_ttl(DnsClient().authority(HOSTNAME)) == seconds


@pytest.mark.parametrize(
    ("name", "values", "forbidden"),
    [
        ("dev.example.com", ('0 issue "letsencrypt.org"',), "allow only letsencrypt.org"),
        ("example.com", ('0 issue ";"',), "allow only nobody"),
        ("dev.example.com", ('0 issue "letsencrypt.org"', '0 issue "amazon.com; x=y"'), ""),
        ("dev.example.com", ('0 iodef "mailto:x@example.com"',), ""),
    ],
)
def test_caa_records_that_keep_amazon_from_issuing(
    internet: Internet, name: str, values: tuple[str, ...], forbidden: str
) -> None:
    internet.records[CHILD if name.startswith("dev") else PARENT][name, "CAA"] = values
    found = DnsClient().forbidden_by_caa(DnsClient().authority(HOSTNAME), HOSTNAME)
    assert forbidden in found
    assert bool(found) == bool(forbidden)
    assert HOSTNAME not in internet.resolved


def test_the_systems_resolver_tells_absence_from_trouble(
    internet: Internet, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert DnsClient().resolve(HOSTNAME).status == "absent"
    assert DnsClient().resolve("ns.example.com") == DnsAnswer("found", (PARENT,))

    def trouble(*_: Any, **__: Any) -> None:
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", trouble)
    assert DnsClient().resolve(HOSTNAME).status == "silent"
