"""The host name's record in Route 53: an alias to the load balancer, ours by a companion, never over
another's. Where several regions share the name, one of several.

Where no zone of the account holds the name, the record is the user's to add, and this step says which.
"""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from epochctl.aws.acm import Acm
from epochctl.aws.elbv2 import Elbv2, LoadBalancer, plain_dns_name
from epochctl.aws.route53 import OWNER_PREFIX, Alias, HealthChecks, Record, Route53, Zone, owner_text
from epochctl.config.settings import Settings
from epochctl.errors import EpochctlError
from epochctl.net.dns import DnsClient
from epochctl.outputs import DnsRecord, Release
from epochctl.steps.dns.old_hostnames import OldHostnames
from epochctl.steps.dns.propagation import wait_in_sync, wait_out_the_ttl
from epochctl.steps.dns.record_plan import others
from epochctl.steps.dns.region_share import RegionShare
from epochctl.steps.dns.routed_records import RoutedRecords, foreign
from epochctl.workflow.step import Context, Observation
from epochctl.workflow.waiting import Pending, Ready

BALANCER_DEADLINE = 60.0


class Dns:
    """See the module."""

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
        names: DnsClient | None = None,
    ) -> None:
        """acm: whose certificates tell which host names there were before."""
        self._settings, self._region = settings, region
        self._hostname = settings.hostname
        self._route53, self._elbv2, self._health = route53, elbv2, health
        self._names = names or DnsClient()
        self._owner = owner_text(settings.tags)
        self._former = OldHostnames(settings, region, route53=route53, acm=acm, health=health)

    def observe(self, ctx: Context) -> Observation:
        """Read the zone, or ask the name's own servers where it is not ours."""
        seen, former = self._observe(ctx), self._former.due()
        return replace(seen, changes=(*seen.changes, *former), exists=seen.exists or bool(former))

    def _observe(self, ctx: Context) -> Observation:
        release = ctx.outputs.find(Release)
        target = release.load_balancer if release else ""
        zone = self._route53.zone_for(self._hostname)
        if zone is None:
            return self._observe_elsewhere(target)
        sharing = self._sharing(zone)
        ours, present = self._route53.is_owned(zone, self._hostname, self._owner), sharing.present()
        if sharing.wanted(present):
            return self._observe_shared(sharing, target, ours, present)
        if ours and sharing.lonely(present):
            output = DnsRecord(self._hostname, target, managed=True) if target else None
            return Observation(output, (f"make {self._hostname} a simple record again",), exists=True)
        if any(_leads_to(record, target) for record in present):
            return Observation(DnsRecord(self._hostname, target, managed=ours), exists=ours)
        # What it should be is told all the same: what is wrong with it is for `verify` to say.
        output = DnsRecord(self._hostname, target, managed=ours or not present) if target else None
        return Observation(
            output, (f"point {self._hostname} at {target or 'the load balancer'}",), exists=ours
        )

    def apply(self, ctx: Context) -> DnsRecord:
        """Make the record, and wait until every Route 53 server answers with it. Those of former names go."""
        record = self._apply(ctx)
        for line in self._former.remove(ctx):
            ctx.say(f"removed {line}: the host name is {self._hostname} now")
        return record

    def _apply(self, ctx: Context) -> DnsRecord:
        target = ctx.outputs.get(Release).load_balancer
        zone = self._route53.zone_for(self._hostname)
        if zone is None:
            return self._apply_elsewhere(ctx, target)
        balancer, sharing = self._balancer(ctx, target), self._sharing(zone)
        present = sharing.present()
        if sharing.wanted(present) or sharing.lonely(present):
            make = sharing.join if sharing.wanted(present) else sharing.simplify
            wait_in_sync(ctx, self._route53, self._hostname, make(ctx, balancer))
            return DnsRecord(self._hostname, target, managed=True)
        record = Record(self._hostname, "A", alias=Alias(balancer.dns_name, balancer.hosted_zone_id))
        published = self._route53.publish(zone, record, self._owner)
        if published.foreign:
            return self._foreign(zone, published.foreign, target)
        wait_in_sync(ctx, self._route53, self._hostname, published.change)
        return DnsRecord(self._hostname, target, managed=True)

    def destroy(self, ctx: Context) -> tuple[str, ...]:
        """Remove the record and its companion, if they are ours; of several, this region's alone. Those of
        former names go with it.
        """
        return (*self._destroy(ctx), *self._former.remove_all(ctx))

    def _destroy(self, ctx: Context) -> tuple[str, ...]:
        zone = self._route53.zone_for(self._hostname)
        if zone is None:
            return ()
        sharing = self._sharing(zone)
        owned = self._route53.is_owned(zone, self._hostname, self._owner)
        if owned and others(sharing.present(), self._region):
            change, lines = sharing.leave(ctx)
            wait_in_sync(ctx, self._route53, self._hostname, change)
            return lines
        removed = self._route53.delete_record(zone, self._hostname, self._owner)
        lines = tuple(f"DNS record {record} in zone {zone.name}" for record in removed)
        lines = lines or (
            (f"DNS record {OWNER_PREFIX}{self._hostname} in zone {zone.name}",) if owned else ()
        )
        return (*lines, *self._health.remove(self._region))

    def shares(self) -> tuple[RegionShare, ...]:
        """Every region that has a record of ours; () where the name is not ours, or not served here."""
        zone = self._route53.zone_for(self._hostname)
        if zone is None or not self._route53.is_owned(zone, self._hostname, self._owner):
            return ()
        return self._sharing(zone).shares()

    def _sharing(self, zone: Zone) -> RoutedRecords:
        return RoutedRecords(self._settings, self._region, self._owner, zone, self._route53, self._health)

    def _observe_shared(
        self, sharing: RoutedRecords, target: str, ours: bool, present: tuple[Record, ...]
    ) -> Observation:
        mine = [one for one in present if one not in others(present, self._region)]
        check = self._health.find(self._region)
        exists = (ours and bool(mine or not present)) or check is not None
        balancer = self._elbv2.by_dns_name(target) if target else None
        output = DnsRecord(self._hostname, target, managed=ours or not present) if target else None
        if balancer is None:
            return Observation(output, (f"route {self._hostname} to {self._region}",), exists)
        return Observation(output, sharing.due(balancer, present, check), exists)

    def wait_for_clients_to_leave(self, ctx: Context) -> None:
        """Wait until no resolver remembers a record that was deleted: its TTL, 60 s."""
        wait_out_the_ttl(ctx, "clients to go elsewhere", "resolvers may still send clients here")

    def _observe_elsewhere(self, target: str) -> Observation:
        answer = self._names.query(self._names.authority(self._hostname), self._hostname, "A")
        wanted = set(self._names.resolve(target).values) if target and answer.values else set()
        named = any(plain_dns_name(name) == plain_dns_name(target) for name in answer.chain)
        output = DnsRecord(self._hostname, target, managed=False) if target else None
        if output and (named or wanted & set(answer.values)):
            return Observation(output)
        return Observation(output, (f"say which record to add for {self._hostname}",))

    def _apply_elsewhere(self, ctx: Context, target: str) -> DnsRecord:
        if self._settings.is_multi_region:
            raise EpochctlError(
                f"no hosted zone in this account holds {self._hostname}: several regions cannot share it",
                why="health checks and records of each region are Route 53's",
                fix=f"have {self._hostname} (or a part of it) served by a zone in this account, "
                "or name one region in epochctl.toml",
            )
        ctx.say(f"no hosted zone here holds {self._hostname}: at your DNS provider, CNAME to {target}")
        return DnsRecord(self._hostname, target, managed=False)

    def _balancer(self, ctx: Context, target: str) -> LoadBalancer:
        def probe() -> Ready[LoadBalancer] | Pending:
            found = self._elbv2.by_dns_name(target)
            return Ready(found) if found else Pending(f"there is no load balancer {target}")

        return ctx.wait_for("load balancer", probe, deadline=BALANCER_DEADLINE, fix="epochctl deploy")

    def _foreign(self, zone: Zone, records: tuple[Record, ...], target: str) -> DnsRecord:
        """Somebody else's record: fine where it leads to our load balancer already, else theirs to remove."""
        if any(_leads_to(record, target) for record in records):
            return DnsRecord(self._hostname, target, managed=False)
        raise foreign(self._hostname, zone, records, target)


def _leads_to(record: Record, target: str) -> bool:
    names = (record.alias.dns_name,) if record.alias else record.values
    return bool(target) and any(plain_dns_name(name) == plain_dns_name(target) for name in names)
