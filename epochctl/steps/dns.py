"""The host name's record in Route 53: an alias to the load balancer, ours by a companion, never over
another's.

Where no zone of the account holds the name, the record is the user's to add, and this step says which.
"""

from __future__ import annotations

from typing import ClassVar

from epochctl.clients.dns import Names
from epochctl.clients.elbv2 import Elbv2, LoadBalancer, plain_dns_name
from epochctl.clients.route53 import CLASHING, MARKER, Alias, Record, Route53, Zone, owner_of
from epochctl.errors import EpochctlError
from epochctl.outputs import DnsRecord, Release
from epochctl.settings import Settings
from epochctl.workflow.step import Context, Observation
from epochctl.workflow.waiting import Pending, Ready

SYNC_DEADLINE = 300.0  # Route 53 promises 60 s "under normal conditions"
BALANCER_DEADLINE = 60.0


class Dns:
    """See the module."""

    name: ClassVar[str] = "dns"
    needs: ClassVar[tuple[type, ...]] = (Release,)
    produces: ClassVar[type] = DnsRecord

    def __init__(
        self, settings: Settings, region: str, *, route53: Route53, elbv2: Elbv2, names: Names | None = None
    ) -> None:
        self._hostname = settings.hostname
        self._route53 = route53
        self._elbv2 = elbv2
        self._names = names or Names()
        self._owner = owner_of(settings.tags)

    def observe(self, ctx: Context) -> Observation:
        """Read the zone, or ask the name's own servers where it is not ours."""
        release = ctx.outputs.find(Release)
        target = release.load_balancer if release else ""
        zone = self._route53.zone_for(self._hostname)
        if zone is None:
            return self._observe_elsewhere(target)
        ours = self._route53.owns(zone, self._hostname, self._owner)
        present = self._leading(zone)
        if any(_leads_to(record, target) for record in present):
            return Observation(DnsRecord(self._hostname, target, managed=ours), exists=ours)
        # What it should be is told all the same: what is wrong with it is for `verify` to say.
        output = DnsRecord(self._hostname, target, managed=ours or not present) if target else None
        return Observation(
            output, (f"point {self._hostname} at {target or 'the load balancer'}",), exists=ours
        )

    def apply(self, ctx: Context) -> DnsRecord:
        """Make the record, and wait until every Route 53 server answers with it."""
        target = ctx.outputs.get(Release).load_balancer
        zone = self._route53.zone_for(self._hostname)
        if zone is None:
            ctx.say(f"no hosted zone here holds {self._hostname}: at your DNS provider, CNAME to {target}")
            return DnsRecord(self._hostname, target, managed=False)
        balancer = self._balancer(ctx, target)
        record = Record(self._hostname, "A", alias=Alias(balancer.dns_name, balancer.hosted_zone_id))
        published = self._route53.publish(zone, record, self._owner)
        if published.foreign:
            return self._foreign(zone, published.foreign, target)
        self._wait_in_sync(ctx, published.change)
        return DnsRecord(self._hostname, target, managed=True)

    def destroy(self, ctx: Context) -> tuple[str, ...]:
        """Remove the record and its companion, if they are ours."""
        zone = self._route53.zone_for(self._hostname)
        if zone is None:
            return ()
        owned = self._route53.owns(zone, self._hostname, self._owner)
        removed = self._route53.withdraw(zone, self._hostname, self._owner)
        lines = tuple(f"DNS record {record} in zone {zone.name}" for record in removed)
        return lines or ((f"DNS record {MARKER}{self._hostname} in zone {zone.name}",) if owned else ())

    def _leading(self, zone: Zone) -> list[Record]:
        return [record for record in self._route53.records(zone, self._hostname) if record.type in CLASHING]

    def _observe_elsewhere(self, target: str) -> Observation:
        answer = self._names.ask(self._names.authority(self._hostname), self._hostname, "A")
        wanted = set(self._names.recursive(target).values) if target and answer.values else set()
        named = any(plain_dns_name(name) == plain_dns_name(target) for name in answer.chain)
        output = DnsRecord(self._hostname, target, managed=False) if target else None
        if output and (named or wanted & set(answer.values)):
            return Observation(output)
        return Observation(output, (f"say which record to add for {self._hostname}",))

    def _balancer(self, ctx: Context, target: str) -> LoadBalancer:
        def probe() -> Ready[LoadBalancer] | Pending:
            found = self._elbv2.by_dns_name(target)
            return Ready(found) if found else Pending(f"there is no load balancer {target}")

        return ctx.wait_for("load balancer", probe, deadline=BALANCER_DEADLINE, fix="epochctl deploy")

    def _foreign(self, zone: Zone, records: tuple[Record, ...], target: str) -> DnsRecord:
        """Somebody else's record: fine where it leads to our load balancer already, else theirs to remove."""
        if any(_leads_to(record, target) for record in records):
            return DnsRecord(self._hostname, target, managed=False)
        raise EpochctlError(
            f"{self._hostname} already has a record in zone {zone.name} that epochctl did not make",
            why="; ".join(str(record) for record in records),
            fix=f"remove it, or point it at {target} yourself; then run the same command again",
        )

    def _wait_in_sync(self, ctx: Context, change: str) -> None:
        def probe() -> Ready[bool] | Pending:
            if self._route53.in_sync(change):
                return Ready(True)
            return Pending("Route 53 has not told all its name servers yet")

        ctx.wait_for(f"{self._hostname} in Route 53", probe, deadline=SYNC_DEADLINE)


def _leads_to(record: Record, target: str) -> bool:
    names = (record.alias.dns_name,) if record.alias else record.values
    return bool(target) and any(plain_dns_name(name) == plain_dns_name(target) for name in names)
