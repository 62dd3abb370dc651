"""`dns` as a user meets it: a record where the zone is ours, never over somebody else's, else words."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from clock import Clock

from epochctl.aws.acm import CertificateState
from epochctl.aws.elbv2 import LoadBalancer
from epochctl.aws.route53 import Alias, PublishResult, Record, Zone
from epochctl.config.settings import Settings
from epochctl.errors import DeadlineError, EpochctlError
from epochctl.net.dns import Authority, DnsAnswer
from epochctl.outputs import DnsRecord, Release
from epochctl.steps.dns import Dns
from epochctl.workflow.events import Event, StepProgress
from epochctl.workflow.outputs import Outputs
from epochctl.workflow.step import Context

HOSTNAME, TARGET = "epoch.example.com", "k8s-epoch-1.us-west-2.elb.amazonaws.com"
RELEASE = Release(1, "epoch-production", "sha256:1", f"https://{HOSTNAME}/", TARGET)
ZONE = Zone("Z1", "example.com")
ALIAS = Record(HOSTNAME, "A", alias=Alias(TARGET, "ZLB"))
FOREIGN = Record(HOSTNAME, "A", ("192.0.2.7",))


@dataclass
class World:
    """Route 53, the load balancers and the DNS at once."""

    zone: Zone | None = ZONE
    present: list[Record] = field(default_factory=list)
    owner: str = ""
    syncing: int = 1
    balancers: tuple[LoadBalancer, ...] = (LoadBalancer("arn", "k8s", TARGET, "ZLB", "active", ()),)
    answer: DnsAnswer = field(default_factory=lambda: DnsAnswer("absent"))

    def zone_for(self, hostname: str) -> Zone | None:
        return self.zone

    def is_owned(self, zone: Zone, name: str, owner: str) -> bool:
        return self.owner == owner

    def records(self, zone: Zone, name: str) -> tuple[Record, ...]:
        return tuple(self.present)

    def publish(self, zone: Zone, record: Record, owner: str) -> PublishResult:
        if self.present and self.owner != owner:
            return PublishResult(foreign=tuple(self.present))
        self.present, self.owner = [record], owner
        return PublishResult("C1")

    def delete_record(self, zone: Zone, name: str, owner: str) -> tuple[Record, ...]:
        if self.owner != owner:
            return ()
        gone, self.present, self.owner = tuple(self.present), [], ""
        return gone

    def remove(self, region: str) -> tuple[str, ...]:
        return ()  # the health checks' word

    def owned(self, tags: Any) -> tuple[CertificateState, ...]:
        return (CertificateState("arn", HOSTNAME, "ISSUED", is_owned=True),)

    def all_owned_names(self, owner: str) -> tuple[tuple[Zone, str], ...]:
        return ((self.zone, HOSTNAME),) if self.zone and self.owner == owner else ()

    def in_sync(self, change: str) -> bool:
        self.syncing -= 1
        return self.syncing < 0

    def by_dns_name(self, name: str) -> LoadBalancer | None:
        return next((balancer for balancer in self.balancers if balancer.dns_name == name), None)

    def authority(self, hostname: str) -> Authority:
        return Authority("example.com")

    def query(self, authority: Authority, name: str, kind: str) -> DnsAnswer:
        return self.answer

    def resolve(self, name: str) -> DnsAnswer:
        return DnsAnswer("found", ("198.51.100.1", "198.51.100.2"))


class Run:
    """A step over a world, and what it told."""

    def __init__(self, world: World, *outputs: object) -> None:
        self.events: list[Event] = []
        fake = cast("Any", world)
        settings = Settings(hostname=HOSTNAME)
        self.step = Dns(settings, "us-west-2", route53=fake, elbv2=fake, health=fake, acm=fake, names=fake)
        self.context = Context("dns", Outputs(*(outputs or (RELEASE,))), self.events.append, Clock())

    @property
    def said(self) -> str:
        return "\n".join(event.message for event in self.events if isinstance(event, StepProgress))


def test_the_record_comes_stays_and_goes() -> None:
    world = World()
    run = Run(world)
    before = run.step.observe(run.context)
    assert before.changes == (f"point {HOSTNAME} at {TARGET}",)
    record = run.step.apply(run.context)
    assert before.output == record  # `verify` may look, and name the layer that is wrong
    assert record == DnsRecord(HOSTNAME, TARGET, managed=True)
    assert world.present == [ALIAS]
    seen = run.step.observe(run.context)
    assert (seen.output, seen.changes, seen.exists) == (record, (), True)
    assert run.step.destroy(run.context) == (f"DNS record {ALIAS} in zone example.com",)
    assert run.step.destroy(run.context) == ()


def test_a_new_load_balancer_is_followed() -> None:
    world = World()
    run = Run(world)
    run.step.apply(run.context)
    world.present = [Record(HOSTNAME, "A", alias=Alias("k8s-old.us-west-2.elb.amazonaws.com", "ZLB"))]
    assert run.step.observe(run.context).changes
    run.step.apply(run.context)
    assert world.present == [ALIAS]


def test_somebody_elses_record_stops_the_step_and_is_named() -> None:
    world = World(present=[FOREIGN])
    run = Run(world)
    assert not run.step.observe(run.context).exists
    with pytest.raises(EpochctlError, match=r"192\.0\.2\.7"):
        run.step.apply(run.context)
    assert run.step.destroy(run.context) == ()
    assert world.present == [FOREIGN]


def test_somebody_elses_record_that_leads_here_already_will_do() -> None:
    world = World(present=[Record(HOSTNAME, "CNAME", (f"dualstack.{TARGET}.",))])
    run = Run(world)
    expected = DnsRecord(HOSTNAME, TARGET, managed=False)
    assert run.step.observe(run.context).output == expected
    assert run.step.apply(run.context) == expected
    assert run.step.destroy(run.context) == ()


def test_without_a_zone_the_user_is_told_what_to_add() -> None:
    run = Run(World(zone=None))
    assert run.step.observe(run.context).changes == (f"say which record to add for {HOSTNAME}",)
    assert run.step.apply(run.context) == DnsRecord(HOSTNAME, TARGET, managed=False)
    assert f"CNAME to {TARGET}" in run.said
    assert run.step.destroy(run.context) == ()


@pytest.mark.parametrize(
    "answer", [DnsAnswer("empty", chain=(TARGET,)), DnsAnswer("found", ("198.51.100.2",))]
)
def test_without_a_zone_a_record_that_leads_here_is_enough(answer: DnsAnswer) -> None:
    run = Run(World(zone=None, answer=answer))
    seen = run.step.observe(run.context)
    assert (seen.output, seen.changes) == (DnsRecord(HOSTNAME, TARGET, managed=False), ())


def test_a_load_balancer_that_is_not_there_is_the_cause() -> None:
    run = Run(World(balancers=()))
    with pytest.raises(DeadlineError, match="there is no load balancer"):
        run.step.apply(run.context)


def test_down_needs_no_release() -> None:
    world = World()
    Run(world).step.apply(Run(world).context)
    run = Run(world, "no release")
    assert run.step.observe(run.context).exists
    assert run.step.destroy(run.context)
    assert not world.present
