"""Questions to name servers: to a zone's own servers, and to the resolver that this machine uses.

A resolver remembers for minutes that a name did not exist. So the servers of the zone are found from the top
down, and a host name is only ever asked of them; the machine's resolver gets to see it when the caller says
so.
"""

from __future__ import annotations

import socket
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from dns.message import Message

AMAZON = ("amazon.com", "amazontrust.com", "awstrust.com", "amazonaws.com")
TIMEOUT = 2.0  # seconds for one question to one server
SERVERS = 3  # servers asked before the answer is "silent"


@dataclass(frozen=True)
class Authority:
    """Who answers for a name. addresses: of the zone's own servers; (): they cannot be asked, and `note`
    says why.
    """

    zone: str
    servers: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class DnsAnswer:
    """found: values; empty: the name exists without such a record; absent: no such name; silent: nobody
    answered.

    chain: the CNAME targets on the way. reason: what the silence was.
    """

    status: Literal["found", "empty", "absent", "silent"]
    values: tuple[str, ...] = ()
    chain: tuple[str, ...] = ()
    reason: str = ""
    ttl: int = field(default=0, compare=False)


class DnsClient:
    """The DNS as seen from this machine."""

    def authority(self, hostname: str) -> Authority:
        """The innermost zone that holds `hostname`, found from the top down by its delegations."""
        labels = hostname.rstrip(".").lower().split(".")
        found = Authority("", note="no name server is known for it")
        for count in range(min(2, len(labels)), len(labels) + 1):
            suffix = ".".join(labels[-count:])
            if not found.zone and suffix == hostname and count > 2:
                break  # nothing above it is delegated: asking for it would only plant a negative answer
            answer = self.query(found, suffix, "NS") if found.addresses else self.delegation(suffix)
            if answer.status == "silent" and found.addresses:
                note = f"the name servers of {found.zone} do not answer from here ({answer.reason})"
                return Authority(found.zone, found.servers, (), note)
            if answer.values:
                found = _authority(suffix, answer.values)
            if found.zone and not found.addresses:
                break
        return found

    def delegation(self, zone: str) -> DnsAnswer:
        """The name servers that the world is sent to for `zone`."""
        return self._system(zone, "NS")

    def query(self, authority: Authority, name: str, kind: str) -> DnsAnswer:
        """Query the zone's own servers, or this machine's resolver where they cannot be reached."""
        if not authority.addresses:
            return self._system(name, kind)
        answer = DnsAnswer("silent")
        for address in authority.addresses[:SERVERS]:
            answer = _query(address, name, kind)
            if answer.status != "silent":
                break
        return answer

    def resolve(self, hostname: str) -> DnsAnswer:
        """Resolve the name as any program on this machine does: with the system's resolver and /etc/hosts."""
        try:
            found = socket.getaddrinfo(hostname, 443, type=socket.SOCK_STREAM)
        except socket.gaierror as error:
            transient = error.errno in (socket.EAI_AGAIN, socket.EAI_FAIL)
            return DnsAnswer("silent" if transient else "absent", reason=error.strerror or str(error))
        return DnsAnswer("found", tuple(sorted({str(entry[4][0]) for entry in found})))

    def negative_ttl(self, authority: Authority) -> int:
        """For how many seconds at most a resolver may remember that a name of this zone did not exist.

        RFC 2308: the lesser of the SOA record's own TTL and its last number.
        """
        soa = self.query(authority, authority.zone, "SOA") if authority.zone else DnsAnswer("silent")
        return min(soa.ttl, int(soa.values[0].split()[-1])) if soa.values else 900

    def forbidden_by_caa(self, authority: Authority, hostname: str) -> str:
        """The CAA record set that keeps Amazon from issuing for `hostname`, in words; "" where none does."""
        name = hostname.rstrip(".")
        while "." in name:
            inside = name == authority.zone or name.endswith(f".{authority.zone}")
            answer = self.query(authority, name, "CAA") if inside else self._system(name, "CAA")
            if answer.status == "found":
                return _forbidding(name, answer.values)
            name = name.partition(".")[2]
        return ""

    def _system(self, name: str, kind: str) -> DnsAnswer:
        from dns import exception, resolver

        try:
            system = resolver.Resolver()
            found = system.resolve(name + ".", kind, lifetime=2 * TIMEOUT, raise_on_no_answer=False)
        except resolver.NXDOMAIN:
            return DnsAnswer("absent")
        except (exception.DNSException, OSError) as error:
            return DnsAnswer("silent", reason=str(error))
        return _answer(found.response, name, kind)


def _authority(zone: str, servers: tuple[str, ...]) -> Authority:
    addresses = tuple(address for server in servers[:SERVERS] for address in _addresses(server)[:1])
    note = "" if addresses else f"the name servers of {zone} ({', '.join(servers)}) have no address here"
    return Authority(zone, servers, addresses, note)


def _addresses(server: str) -> list[str]:
    try:
        found = socket.getaddrinfo(server, 53, type=socket.SOCK_DGRAM)
    except socket.gaierror:
        return []
    return [str(entry[4][0]) for entry in sorted(found, key=lambda entry: entry[0] != socket.AF_INET)]


def _query(address: str, name: str, kind: str) -> DnsAnswer:
    """Send one query without the wish for recursion. A server that refuses or fails counts as silent."""
    from dns import exception, flags, message, query, rcode

    question = message.make_query(name + ".", kind)
    question.flags &= ~flags.RD
    try:
        response, _ = query.udp_with_fallback(question, address, timeout=TIMEOUT)
    except (exception.DNSException, OSError) as error:
        return DnsAnswer("silent", reason=f"{address}: {error}")
    if response.rcode() not in (rcode.NOERROR, rcode.NXDOMAIN):
        return DnsAnswer("silent", reason=f"{address}: answers {rcode.to_text(response.rcode())}")
    return _answer(response, name, kind)


def _answer(response: Message, name: str, kind: str) -> DnsAnswer:
    from dns import rcode

    chain, values = _follow(response, name, kind)
    if values and not (kind == "NS" and chain):  # an alias's target is a zone of somebody else's
        ttl = min(each.ttl for each in response.answer)
        return DnsAnswer("found", values, chain, ttl=ttl)
    referral = _referral(response, name) if kind == "NS" else ()
    if referral:
        return DnsAnswer("found", referral)
    absent = response.rcode() == rcode.NXDOMAIN and not chain
    return DnsAnswer("absent" if absent else "empty", chain=chain)


def _follow(response: Message, name: str, kind: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The CNAME targets from `name` on, and the values of `kind` at their end."""
    sets = {
        (_plain(each.name), each.rdtype.name): tuple(_plain(item) for item in each)
        for each in response.answer
    }
    chain: list[str] = []
    owner = name.rstrip(".").lower()
    while (owner, kind) not in sets and (owner, "CNAME") in sets and len(chain) < 8:
        owner = sets[(owner, "CNAME")][0]
        chain.append(owner)
    return tuple(chain), tuple(sorted(sets.get((owner, kind), ())))


def _referral(response: Message, zone: str) -> tuple[str, ...]:
    """The servers that a parent's server names for `zone`, without being asked to answer for it."""
    return tuple(
        sorted(
            _plain(item)
            for each in response.authority
            if each.rdtype.name == "NS" and _plain(each.name) == zone
            for item in each
        )
    )


def _plain(value: object) -> str:
    return str(value).rstrip(".").lower()


def _forbidding(name: str, values: tuple[str, ...]) -> str:
    issuers = [
        value.split(None, 2)[2].strip('"').partition(";")[0].strip() for value in values if " issue " in value
    ]
    if not issuers or any(issuer in AMAZON for issuer in issuers):
        return ""
    return f"the CAA records of {name} allow only {', '.join(issuer or 'nobody' for issuer in issuers)}"
