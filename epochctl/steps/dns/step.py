"""`dns`: the host name's record in Route 53, an alias to the load balancer; one a region if several share it.

A companion TXT record marks it as created by epochctl; foreign records are never overwritten. Where no zone
of the account holds the name, the user adds the record, and this step says which.
"""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from epochctl.aws.acm import Acm
from epochctl.aws.elbv2 import Elbv2, LoadBalancer, plain_dns_name
from epochctl.aws.route53 import OWNER_PREFIX, Alias, HealthChecks, Record, Route53, Zone, owner_text
from epochctl.command import Command
from epochctl.config.settings import Settings
from epochctl.errors import EpochctlError
from epochctl.net.dns import DnsClient
from epochctl.outputs import DnsRecord, Release
from epochctl.steps.dns.old_hostnames import OldHostnames
from epochctl.steps.dns.propagation import wait_for_sync, wait_for_ttl
from epochctl.steps.dns.records import RegionShare, records_of_others
from epochctl.steps.dns.routed_records import RoutedRecords, foreign_records
from epochctl.workflow.step import Context, Observation
from epochctl.workflow.waiting import Pending, Ready

BALANCER_DEADLINE = 60.0


class Dns:
    """The host name's records of one region."""

    name: ClassVar[str] = "dns"
    needs: ClassVar[tuple[type, ...]] = (Release,)
    produces: ClassVar[type] = DnsRecord

    def __init__(
        self,
        settings: Settings,
        region: str,
        *,
        route53: Route53,
        elbv2: Elbv2,
        health: HealthChecks,
        acm: Acm,
        dns: DnsClient | None = None,
    ) -> None:
        """acm: its certificates show which host names there were before."""
        self._settings, self._region = settings, region
        self._hostname = settings.hostname
        self._route53, self._elbv2, self._health = route53, elbv2, health
        self._dns = dns or DnsClient()
        self._owner = owner_text(settings.tags)
        self._old_hostnames = OldHostnames(settings, region, route53=route53, acm=acm, health=health)

    def observe(self, ctx: Context) -> Observation:
        """Read the zone, or query the name's own servers where it is in no zone of the account."""
        seen, old = self._observe(ctx), self._old_hostnames.pending_changes()
        return replace(seen, changes=(*seen.changes, *old), exists=seen.exists or bool(old))

    def _observe(self, ctx: Context) -> Observation:
        release = ctx.outputs.find(Release)
        target = release.load_balancer if release else ""
        zone = self._route53.zone_for(self._hostname)
        if zone is None:
            return self._observe_external(target)
        routed = self._routed_records(zone)
        is_owned, records = self._route53.is_owned(zone, self._hostname, self._owner), routed.read()
        if routed.is_shared(records):
            return self._observe_shared(routed, target, is_owned, records)
        if is_owned and routed.is_last_of_several(records):
            output = DnsRecord(self._hostname, target, managed=True) if target else None
            return Observation(output, (f"make {self._hostname} a simple record again",), exists=True)
        if any(_leads_to(record, target) for record in records):
            return Observation(DnsRecord(self._hostname, target, managed=is_owned), exists=is_owned)
        # A wrong record has an output, too: `verify` needs it to explain what is wrong.
        output = DnsRecord(self._hostname, target, managed=is_owned or not records) if target else None
        change = f"point {self._hostname} at {target or 'the load balancer'}"
        return Observation(output, (change,), exists=is_owned)

    def apply(self, ctx: Context) -> DnsRecord:
        """Create or update the record and wait until Route 53 answers with it; remove those of former names.

        Raises EpochctlError where a foreign record is in its place.
        """
        record = self._apply(ctx)
        for line in self._old_hostnames.remove(ctx):
            ctx.report(f"removed {line}: the host name is {self._hostname} now")
        return record

    def _apply(self, ctx: Context) -> DnsRecord:
        target = ctx.outputs.get(Release).load_balancer
        zone = self._route53.zone_for(self._hostname)
        if zone is None:
            return self._apply_external(ctx, target)
        balancer, routed = self._balancer(ctx, target), self._routed_records(zone)
        records = routed.read()
        is_shared = routed.is_shared(records)
        if is_shared or routed.is_last_of_several(records):
            put = routed.put_region if is_shared else routed.make_simple
            wait_for_sync(ctx, self._route53, self._hostname, put(ctx, balancer))
            return DnsRecord(self._hostname, target, managed=True)
        record = Record(self._hostname, "A", alias=Alias(balancer.dns_name, balancer.hosted_zone_id))
        published = self._route53.publish(zone, record, self._owner)
        if published.foreign:
            return self._accept_foreign(zone, published.foreign, target)
        wait_for_sync(ctx, self._route53, self._hostname, published.change)
        return DnsRecord(self._hostname, target, managed=True)

    def destroy(self, ctx: Context) -> tuple[str, ...]:
        """Remove the region's record and its companion, if epochctl created them, and those of former names.

        Return a line for each.
        """
        return (*self._destroy(ctx), *self._old_hostnames.remove_all(ctx))

    def _destroy(self, ctx: Context) -> tuple[str, ...]:
        zone = self._route53.zone_for(self._hostname)
        if zone is None:
            return ()
        routed = self._routed_records(zone)
        is_owned = self._route53.is_owned(zone, self._hostname, self._owner)
        if is_owned and records_of_others(routed.read(), self._region):
            change, lines = routed.remove_region(ctx)
            wait_for_sync(ctx, self._route53, self._hostname, change)
            return lines
        removed = self._route53.delete_record(zone, self._hostname, self._owner)
        lines = tuple(f"DNS record {record} in zone {zone.name}" for record in removed)
        lines = lines or (
            (f"DNS record {OWNER_PREFIX}{self._hostname} in zone {zone.name}",) if is_owned else ()
        )
        return (*lines, *self._health.remove(self._region))

    def shares(self) -> tuple[RegionShare, ...]:
        """Return each region's part of the host name; () where epochctl manages no record of it."""
        zone = self._route53.zone_for(self._hostname)
        if zone is None or not self._route53.is_owned(zone, self._hostname, self._owner):
            return ()
        return self._routed_records(zone).shares()

    def _routed_records(self, zone: Zone) -> RoutedRecords:
        return RoutedRecords(self._settings, self._region, self._owner, zone, self._route53, self._health)

    def _observe_shared(
        self, routed: RoutedRecords, target: str, is_owned: bool, records: tuple[Record, ...]
    ) -> Observation:
        own = [one for one in records if one not in records_of_others(records, self._region)]
        check = self._health.find(self._region)
        exists = (is_owned and bool(own or not records)) or check is not None
        balancer = self._elbv2.by_dns_name(target) if target else None
        output = DnsRecord(self._hostname, target, managed=is_owned or not records) if target else None
        if balancer is None:
            return Observation(output, (f"route {self._hostname} to {self._region}",), exists)
        return Observation(output, routed.pending_changes(balancer, records, check), exists)

    def wait_for_clients_to_leave(self, ctx: Context) -> None:
        """Wait until no resolver remembers a record that was deleted: its TTL, 60 s."""
        wait_for_ttl(ctx, "clients to go elsewhere", "resolvers may still send clients here")

    def _observe_external(self, target: str) -> Observation:
        answer = self._dns.query(self._dns.authority(self._hostname), self._hostname, "A")
        wanted = set(self._dns.resolve(target).values) if target and answer.values else set()
        named = any(plain_dns_name(name) == plain_dns_name(target) for name in answer.chain)
        output = DnsRecord(self._hostname, target, managed=False) if target else None
        if output and (named or wanted & set(answer.values)):
            return Observation(output)
        return Observation(output, (f"say which record to add for {self._hostname}",))

    def _apply_external(self, ctx: Context, target: str) -> DnsRecord:
        if self._settings.is_multi_region:
            raise EpochctlError(
                f"no hosted zone in this account holds {self._hostname}: several regions cannot share it",
                why="health checks and records of each region are Route 53's",
                fix=f"have {self._hostname} (or a part of it) served by a zone in this account, "
                "or name one region in epochctl.toml",
            )
        ctx.report(f"no hosted zone here holds {self._hostname}: at your DNS provider, CNAME to {target}")
        return DnsRecord(self._hostname, target, managed=False)

    def _balancer(self, ctx: Context, target: str) -> LoadBalancer:
        def probe() -> Ready[LoadBalancer] | Pending:
            found = self._elbv2.by_dns_name(target)
            return Ready(found) if found else Pending(f"there is no load balancer {target}")

        return ctx.wait_for("load balancer", probe, deadline=BALANCER_DEADLINE, fix=Command("deploy"))

    def _accept_foreign(self, zone: Zone, records: tuple[Record, ...], target: str) -> DnsRecord:
        """Return the foreign record as the output where it leads to the load balancer already, else raise."""
        if any(_leads_to(record, target) for record in records):
            return DnsRecord(self._hostname, target, managed=False)
        raise foreign_records(self._hostname, zone, records, target)


def _leads_to(record: Record, target: str) -> bool:
    names = (record.alias.dns_name,) if record.alias else record.values
    return bool(target) and any(plain_dns_name(name) == plain_dns_name(target) for name in names)
