"""The DNS of a sandbox instance: Route 53, the VPC resolvers and the internet's root in one name server.

Answers from the emulated account and from a few fixed names. It has no upstream: other names do not exist.
"""

from __future__ import annotations

import itertools
import logging
import socketserver
import struct
import threading
import time
from collections.abc import Callable
from functools import partial

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset

from sandbox.moto_patches import route53_zones
from sandbox.moto_patches.elbv2 import LoadBalancers
from sandbox.network import routing
from sandbox.network.addresses import AWS_ADDRESS, DNS_ADDRESS
from sandbox.network.resolver import CachedAnswer, Resolver
from sandbox.paths import REGION

OTHER_AWS_HOSTS = ("public.ecr.aws", "registry.k8s.io", "aws.github.io")
CHAIN = 8  # CNAMEs followed at most

log = logging.getLogger("dns")
Answer = Callable[[bytes], bytes | None]
Lookup = Callable[[str], str | None]


class DnsResponder:
    """Answers questions. `cluster_address` and `instance_address` know EKS endpoints and instances.

    is_passing: whether a health check, by its id, lets a record answer. resolver: the one of the clients.
    """

    def __init__(
        self,
        balancers: LoadBalancers,
        cluster_address: Lookup,
        instance_address: Lookup,
        is_passing: Callable[[str], bool] = lambda _: True,
    ) -> None:
        self.resolver = Resolver(REGION)
        self._passes = is_passing
        self._load_balancers = balancers
        self._cluster_address = cluster_address
        self._instance_address = instance_address
        self._memory = 0.0
        self._absent: dict[tuple[str, str], float] = {}  # (name, type), type "" for all of them

    def cache_negative_answers(self, seconds: float) -> None:
        """Be a resolver that remembers for so long that a name, or a type of it, did not exist; 0: none
        does, as it begins.
        """
        self._memory, self._absent = seconds, {}

    def move_resolver(self, region: str) -> None:
        """From now on clients ask another resolver, in that region; it remembers nothing yet."""
        self.resolver = Resolver(region)

    def answer(self, query: dns.message.Message, resolver: Resolver | None = None) -> dns.message.Message:
        """The response to one query message. resolver: the clients' by default."""
        resolver = resolver or self.resolver
        response = dns.message.make_response(query, recursion_available=True)
        response.flags |= dns.flags.AA
        question = query.question[0]
        name = question.name.to_text(omit_final_dot=True).lower()
        kind = dns.rdatatype.to_text(question.rdtype)
        recursive = bool(query.flags & dns.flags.RD)  # without it, the query is for the zone's own server
        gone, empty = (recursive and self._is_cached_as_absent(name, each) for each in ("", kind))
        resolver = resolver if recursive else Resolver(resolver.region, caches=False)
        known = not gone and (empty or self._resolve(response, question.name, name, kind, resolver))
        if not known:
            response.set_rcode(dns.rcode.NXDOMAIN)
        if not response.answer:
            if recursive and self._memory and not (gone or empty):
                self._absent[(name, kind if known else "")] = time.monotonic() + self._memory
            self._add_authority(response, name)
        return response

    def addresses(self, host: str) -> tuple[str, ...]:
        """The IPv4 addresses of a name as its zone's own servers tell them."""
        query = dns.message.make_query(host, "A")
        query.flags &= ~dns.flags.RD
        answer = self.answer(query).answer
        return tuple(str(each) for each in answer[-1]) if answer else ()

    def _is_cached_as_absent(self, name: str, kind: str) -> bool:
        return self._absent.get((name, kind), 0.0) > time.monotonic()

    def _resolve(
        self, response: dns.message.Message, owner: dns.name.Name, name: str, kind: str, resolver: Resolver
    ) -> bool:
        """Add the answers; True when the name exists."""
        for _ in range(CHAIN):
            kept = resolver.cached(name, kind)
            if kept:
                response.answer.append(_rrset(owner, kept.ttl, kind, kept.values))
                return True
            fixed = self._fixed(name)
            if fixed:
                if kind in ("A", "ANY"):
                    response.answer.append(_rrset(owner, 60, "A", fixed))
                return True
            zone = route53_zones.zone_of(name)
            if zone is None:
                return False
            found = route53_zones.records(name)
            cname = next((record for record in found if record.type == "CNAME"), None)
            if cname is None or kind == "CNAME":
                self._add_records(response, owner, found, kind, resolver)
                return bool(found) or route53_zones.has_descendants(name)
            response.answer.append(_rrset(owner, cname.ttl, "CNAME", cname.values))
            name = cname.values[0].rstrip(".").lower()
            owner = dns.name.from_text(name)
        return True

    def _add_records(
        self,
        response: dns.message.Message,
        owner: dns.name.Name,
        found: list[route53_zones.Record],
        kind: str,
        resolver: Resolver,
    ) -> None:
        fitting = [record for record in found if record.type == kind]
        answer = self._values(routing.choose(fitting, self._is_healthy, resolver.region))
        if any(record.set_identifier for record in fitting):
            resolver.store(owner.to_text(omit_final_dot=True).lower(), kind, answer)
        if answer.values:
            response.answer.append(_rrset(owner, answer.ttl, kind, answer.values))

    def _values(self, records: list[route53_zones.Record]) -> CachedAnswer:
        values = (self._fixed(each.alias) if each.alias else each.values for each in records)
        return CachedAnswer(min((each.ttl for each in records), default=0), tuple(itertools.chain(*values)))

    def _is_healthy(self, record: route53_zones.Record) -> bool:
        """Return whether its health check passes and, if it is evaluated, its alias target is healthy."""
        if record.health_check and not self._passes(record.health_check):
            return False
        return not record.evaluate_target_health or self._load_balancers.is_healthy(record.alias)

    def _fixed(self, name: str) -> tuple[str, ...]:
        """Addresses outside the hosted zones: AWS's own, balancers, clusters, instances, name servers."""
        if ".elb." in name and name.endswith(".amazonaws.com"):
            return self._load_balancers.addresses_of_name(name)
        if name.endswith(".eks.amazonaws.com") and not name.startswith("oidc."):
            address = self._cluster_address(name)
            if address:
                return (address,)
        if name.endswith(".compute.internal"):
            address = self._instance_address(name)
            return (address,) if address else ()
        if name in route53_zones.NAME_SERVERS or ".awsdns-" in name:
            return (DNS_ADDRESS,)
        if name.endswith((".amazonaws.com", ".aws.amazon.com", ".api.aws")) or name in OTHER_AWS_HOSTS:
            return (AWS_ADDRESS,)
        return ()

    def _add_authority(self, response: dns.message.Message, name: str) -> None:
        zone = route53_zones.zone_of(name)
        if zone:
            soa = next((r for r in route53_zones.records(zone) if r.type == "SOA"), None)
            if soa:
                response.authority.append(_rrset(zone + ".", soa.ttl, "SOA", soa.values))


def _rrset(owner: dns.name.Name | str, ttl: int, kind: str, values: tuple[str, ...]) -> dns.rrset.RRset:
    """Record data as Route 53 keeps it: names with or without the final dot are both absolute."""
    return dns.rrset.from_text_list(owner, ttl, "IN", kind, values, origin=dns.name.root, relativize=False)


class _UdpServer(socketserver.ThreadingUDPServer):
    daemon_threads = True

    def __init__(self, address: tuple[str, int], answer: Answer) -> None:
        super().__init__(address, _UdpHandler)
        self.answer = answer


class _TcpServer(socketserver.ThreadingTCPServer):
    daemon_threads = True

    def __init__(self, address: tuple[str, int], answer: Answer) -> None:
        super().__init__(address, _TcpHandler)
        self.answer = answer


class _UdpHandler(socketserver.BaseRequestHandler):
    server: _UdpServer

    def handle(self) -> None:
        data, socket = self.request
        reply = self.server.answer(data)
        if reply:
            socket.sendto(reply, self.client_address)


class _TcpHandler(socketserver.StreamRequestHandler):
    server: _TcpServer

    def handle(self) -> None:
        self.connection.settimeout(5)
        header = self.rfile.read(2)
        if len(header) == 2:
            reply = self.server.answer(self.rfile.read(struct.unpack("!H", header)[0]))
            if reply:
                self.wfile.write(struct.pack("!H", len(reply)) + reply)


class DnsServer:
    """Serves a DnsResponder over UDP and TCP on each address it is given."""

    def __init__(self, responder: DnsResponder, port: int = 53) -> None:
        self._responder = responder
        self._port = port
        self._servers: dict[str, list[socketserver.BaseServer]] = {}

    def listen(self, address: str, region: str = "") -> None:
        """Start answering on `address`, for a VPC of that region or, without one, for the clients.

        An address that is served already is not an error.
        """
        if address in self._servers:
            return
        answer = partial(self._answer, Resolver(region) if region else None)
        where = (address, self._port)
        servers: list[socketserver.BaseServer] = [_UdpServer(where, answer), _TcpServer(where, answer)]
        self._servers[address] = servers
        for server in servers:
            threading.Thread(
                target=server.serve_forever, args=(0.2,), name=f"dns-{address}", daemon=True
            ).start()

    def stop_listening(self, address: str) -> None:
        """Stop answering on `address`. An address that is not served is not an error."""
        for server in self._servers.pop(address, []):
            server.shutdown()
            server.server_close()

    def _answer(self, resolver: Resolver | None, data: bytes) -> bytes | None:
        try:
            query = dns.message.from_wire(data)
            return self._responder.answer(query, resolver).to_wire()
        except dns.exception.DNSException:
            log.exception("a query that cannot be answered")
            return None
