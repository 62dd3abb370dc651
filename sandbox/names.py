"""The world's DNS: one name server that is Route 53, the VPC resolver and the internet's root at once.

Answers from the emulated account and from a few fixed names; has no upstream: what it does not know is not.
"""

from __future__ import annotations

import logging
import socketserver
import struct
import threading
import time
from collections.abc import Callable
from typing import Any

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset

from sandbox.account import zones
from sandbox.account.balancers import Balancers
from sandbox.network import AWS_ADDRESS, DNS_ADDRESS

ELSEWHERE = ("public.ecr.aws", "registry.k8s.io", "aws.github.io")
CHAIN = 8  # CNAMEs followed at most

log = logging.getLogger("names")
Lookup = Callable[[str], str | None]


class Names:
    """Answers questions. `cluster_address` and `instance_address` know EKS endpoints and instances."""

    def __init__(self, balancers: Balancers, cluster_address: Lookup, instance_address: Lookup) -> None:
        self._balancers = balancers
        self._cluster_address = cluster_address
        self._instance_address = instance_address
        self._memory = 0.0
        self._absent: dict[tuple[str, str], float] = {}  # (name, type), type "" for all of them

    def remember_absence(self, seconds: float) -> None:
        """Be a resolver that remembers for so long that a name, or a type of it, did not exist; 0: none
        does, as it begins.
        """
        self._memory, self._absent = seconds, {}

    def answer(self, query: dns.message.Message) -> dns.message.Message:
        """The response to one query message."""
        response = dns.message.make_response(query, recursion_available=True)
        response.flags |= dns.flags.AA
        question = query.question[0]
        name = question.name.to_text(omit_final_dot=True).lower()
        kind = dns.rdatatype.to_text(question.rdtype)
        recursive = bool(query.flags & dns.flags.RD)  # without it, the zone's own server is asked
        gone, empty = (recursive and self._remembers(name, each) for each in ("", kind))
        known = not gone and (empty or self._resolve(response, question.name, name, kind))
        if not known:
            response.set_rcode(dns.rcode.NXDOMAIN)
        if not response.answer:
            if recursive and self._memory and not (gone or empty):
                self._absent[(name, kind if known else "")] = time.monotonic() + self._memory
            self._add_authority(response, name)
        return response

    def _remembers(self, name: str, kind: str) -> bool:
        return self._absent.get((name, kind), 0.0) > time.monotonic()

    def _resolve(self, response: dns.message.Message, owner: dns.name.Name, name: str, kind: str) -> bool:
        """Add the answers; True when the name exists."""
        for _ in range(CHAIN):
            fixed = self._fixed(name)
            if fixed:
                if kind in ("A", "ANY"):
                    response.answer.append(_rrset(owner, 60, "A", fixed))
                return True
            zone = zones.zone_of(name)
            if zone is None:
                return False
            found = zones.records(name)
            cname = next((record for record in found if record.type == "CNAME"), None)
            if cname is None or kind == "CNAME":
                self._add_records(response, owner, found, kind)
                return bool(found) or zones.exists_below(name)
            response.answer.append(_rrset(owner, cname.ttl, "CNAME", cname.values))
            name = cname.values[0].rstrip(".").lower()
            owner = dns.name.from_text(name)
        return True

    def _add_records(
        self, response: dns.message.Message, owner: dns.name.Name, found: list[zones.Record], kind: str
    ) -> None:
        for record in found:
            if record.type != kind:
                continue
            values = self._fixed(record.alias) if record.alias else record.values
            if values:
                response.answer.append(_rrset(owner, record.ttl, kind, values))

    def _fixed(self, name: str) -> tuple[str, ...]:
        """Addresses outside the hosted zones: AWS's own, balancers, clusters, instances, name servers."""
        if ".elb." in name and name.endswith(".amazonaws.com"):
            return self._balancers.by_name(name)
        if name.endswith(".eks.amazonaws.com") and not name.startswith("oidc."):
            address = self._cluster_address(name)
            if address:
                return (address,)
        if name.endswith(".compute.internal"):
            address = self._instance_address(name)
            return (address,) if address else ()
        if name in zones.NAME_SERVERS or ".awsdns-" in name:
            return (DNS_ADDRESS,)
        if name.endswith((".amazonaws.com", ".aws.amazon.com", ".api.aws")) or name in ELSEWHERE:
            return (AWS_ADDRESS,)
        return ()

    def _add_authority(self, response: dns.message.Message, name: str) -> None:
        zone = zones.zone_of(name)
        if zone:
            soa = next((r for r in zones.records(zone) if r.type == "SOA"), None)
            if soa:
                response.authority.append(_rrset(zone + ".", soa.ttl, "SOA", soa.values))


def _rrset(owner: dns.name.Name | str, ttl: int, kind: str, values: tuple[str, ...]) -> dns.rrset.RRset:
    """Record data as Route 53 keeps it: names with or without the final dot are both absolute."""
    return dns.rrset.from_text_list(owner, ttl, "IN", kind, values, origin=dns.name.root, relativize=False)


class _Udp(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        data, socket = self.request
        reply = _reply(self.server, data)
        if reply:
            socket.sendto(reply, self.client_address)


class _Tcp(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        self.connection.settimeout(5)
        header = self.rfile.read(2)
        if len(header) == 2:
            reply = _reply(self.server, self.rfile.read(struct.unpack("!H", header)[0]))
            if reply:
                self.wfile.write(struct.pack("!H", len(reply)) + reply)


def _reply(server: Any, data: bytes) -> bytes | None:
    try:
        query = dns.message.from_wire(data)
        return bytes(server.names.answer(query).to_wire())
    except dns.exception.DNSException:
        log.exception("a question that cannot be answered")
        return None


class NameServer:
    """Serves Names over UDP and TCP on port 53 of each address it is given."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._servers: dict[str, list[socketserver.BaseServer]] = {}

    def listen(self, address: str) -> None:
        """Start answering on `address`; already listening is success."""
        if address in self._servers:
            return
        udp = socketserver.ThreadingUDPServer((address, 53), _Udp)
        tcp = socketserver.ThreadingTCPServer((address, 53), _Tcp)
        self._servers[address] = [udp, tcp]
        for server in (udp, tcp):
            server.daemon_threads = True
            server.names = self._names  # type: ignore[union-attr]
            threading.Thread(
                target=server.serve_forever, args=(0.2,), name=f"dns-{address}", daemon=True
            ).start()

    def leave(self, address: str) -> None:
        """Stop answering on `address`; not listening is success."""
        for server in self._servers.pop(address, []):
            server.shutdown()
            server.server_close()
