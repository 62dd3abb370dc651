"""One host name shared by several regions, against moto: records, health checks, who leaves what alone."""

from __future__ import annotations

from typing import Any, cast

import pytest
from clock import Clock
from moto.route53.models import Route53Backend

from epochctl.aws.acm import Acm
from epochctl.aws.elbv2 import LoadBalancer, Target, TargetGroup
from epochctl.aws.route53 import (
    Alias,
    HealthCheck,
    HealthChecks,
    Observation,
    Placement,
    Record,
    Route53,
    Zone,
    owner_text,
)
from epochctl.aws.session import Aws
from epochctl.config.routing import Routing
from epochctl.config.settings import Settings
from epochctl.errors import EpochctlError
from epochctl.outputs import Release
from epochctl.steps.dns import Dns, Route53HealthCheckHold
from epochctl.workflow.events import Event, StepProgress
from epochctl.workflow.outputs import Outputs
from epochctl.workflow.step import Context
from sandbox.moto_patches import route53_record_changes

WEST, EAST = "us-west-2", "us-east-1"
HOST = "epoch.example.com"
ONE = Settings(hostname=HOST, regions=(WEST,))
TWO = Settings(hostname=HOST, regions=(WEST, EAST))


def with_routing(**routing: Any) -> Settings:
    return TWO.model_copy(update={"routing": Routing(**routing)})


class Balancers:
    """Each region has one, which can be replaced."""

    def __init__(self) -> None:
        self.number, self.health = 1, "healthy"

    def name(self, region: str) -> str:
        return f"k8s-epoch-{self.number}.{region}.elb.amazonaws.com"

    def by_dns_name(self, name: str) -> LoadBalancer:
        return LoadBalancer("arn", "k8s", name, "Z1H1FL5HABSF5", "active", ())

    def target_groups_of(self, arn: str) -> tuple[TargetGroup, ...]:
        return (TargetGroup("arn:tg", "k8s-epoch", (arn,)),)

    def target_health(self, arn: str) -> tuple[Target, ...]:
        return (Target("10.0.0.1", 8080, self.health, "", ""),)


class World:
    """One account's Route 53 and the `dns` step of each region."""

    def __init__(self, aws: Aws) -> None:
        self.aws, self.route53, self.balancers = aws, Route53(aws), Balancers()
        aws.client("route53").create_hosted_zone(Name="example.com", CallerReference="1")
        self.zone = cast("Zone", self.route53.zone_for(HOST))
        self.health = HealthChecks(aws, ONE.full_name, ONE.tags)
        self.events: list[Event] = []

    def step(self, settings: Settings, region: str) -> tuple[Dns, Context]:
        release = Release(1, "ns", "sha256:1", f"https://{HOST}/", self.balancers.name(region))
        fake = cast("Any", self.balancers)
        made = Dns(
            settings, region, route53=self.route53, elbv2=fake, health=self.health, acm=Acm(Aws(region))
        )
        return made, Context("dns", Outputs(release), self.events.append, Clock())

    def certify(self, settings: Settings) -> None:
        """As `acm-cert` does for each region, before `dns`."""
        for region in settings.regions:
            Acm(Aws(region)).request(settings.hostname, settings.tags)

    def hold(self, settings: Settings, region: str) -> tuple[Route53HealthCheckHold, Context]:
        fake = cast("Any", self.balancers)
        made = Route53HealthCheckHold(settings, region, route53=self.route53, elbv2=fake, health=self.health)
        return made, self.step(settings, region)[1]

    def check(self, region: str) -> HealthCheck:
        found = self.health.find(region)
        assert found is not None
        return found

    def trusted(self) -> dict[str, bool]:
        """By region: whether its load balancer's opinion of its health counts."""
        return {
            record.placement.region: cast("Alias", record.alias).evaluates_health
            for record in self.records()
            if record.placement
        }

    def up(self, settings: Settings, region: str) -> None:
        step, ctx = self.step(settings, region)
        step.apply(ctx)
        assert step.observe(ctx).changes == ()  # a second `up` has nothing to do

    def up_both(self) -> None:
        """The host name is shared."""
        for region in (WEST, EAST):
            self.up(TWO, region)

    def due(self, settings: Settings, region: str) -> tuple[str, ...]:
        step, ctx = self.step(settings, region)
        return step.observe(ctx).changes

    def down(self, settings: Settings, region: str) -> tuple[str, ...]:
        step, ctx = self.step(settings, region)
        return step.destroy(ctx)

    def placed(self) -> dict[str, Placement]:
        """By region. The balancers' names tell that nobody's record leads elsewhere."""
        found = {record.placement.region: record for record in self.records() if record.placement}
        for region, record in found.items():
            assert f".{region}.elb." in cast("Alias", record.alias).dns_name
        return {region: cast("Placement", record.placement) for region, record in found.items()}

    def records(self) -> list[Record]:
        return [one for one in self.route53.records_under(self.zone, "example.com") if one.type == "A"]

    def companions(self) -> int:
        found = self.route53.records_under(self.zone, "example.com")
        return sum(1 for one in found if one.type == "TXT")

    @property
    def said(self) -> str:
        return "\n".join(event.message for event in self.events if isinstance(event, StepProgress))


@pytest.fixture
def world(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> World:
    """Records change as on AWS: moto alone refuses to make a second time what was removed."""
    changing = "change_resource_record_sets"
    monkeypatch.setattr(Route53Backend, changing, getattr(Route53Backend, changing))  # as it was, at the end
    route53_record_changes.install()
    return World(aws)


def test_the_second_region_makes_the_simple_record_one_of_two(world: World) -> None:
    world.up(ONE, WEST)
    assert world.records()[0].placement is None
    world.up(TWO, EAST)  # first of the two to come by
    placed = world.placed()
    assert {region: one.kind for region, one in placed.items()} == {WEST: "latency", EAST: "latency"}
    assert placed[EAST].health_check
    assert world.due(TWO, WEST) == (
        f"make the health check of https://{world.balancers.name(WEST)}/health",
        f"route {HOST} to {WEST}, latency",
    )
    world.up(TWO, WEST)
    assert all(one.health_check for one in world.placed().values())
    assert (len(world.records()), world.companions()) == (2, 1)


def test_a_health_check_asks_its_own_region_and_says_whose_it_is(world: World) -> None:
    world.up(TWO, EAST)
    client, check = world.aws.client("route53"), world.health.find(EAST)
    assert check is not None
    config = client.get_health_check(HealthCheckId=check.id)["HealthCheck"]["HealthCheckConfig"]
    wanted = {
        "Type": "HTTPS",
        "FullyQualifiedDomainName": world.balancers.name(EAST),
        "Port": 443,
        "ResourcePath": "/health",
        "RequestInterval": 10,
        "FailureThreshold": 3,
        "EnableSNI": True,
        "Disabled": False,
    }
    assert wanted.items() <= config.items()
    told = client.list_tags_for_resource(ResourceType="healthcheck", ResourceId=check.id)
    tags = {tag["Key"]: tag["Value"] for tag in told["ResourceTagSet"]["Tags"]}
    assert tags == {"Name": "epoch-production-us-east-1", **TWO.region_tags(EAST)}
    assert all(one.healthy for one in world.health.observations(check))


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (with_routing(records="weighted"), {WEST: "us-west-2, weighted 1", EAST: "us-east-1, weighted 1"}),
        (
            with_routing(records="weighted", weights={WEST: 80, EAST: 20}),
            {WEST: "us-west-2, weighted 80", EAST: "us-east-1, weighted 20"},
        ),
        (
            with_routing(policy="primary-standby"),
            {WEST: "us-west-2, primary", EAST: "us-east-1, secondary"},
        ),
    ],
)
def test_another_policy_changes_all_records_at_once(
    world: World, settings: Settings, expected: dict[str, str]
) -> None:
    world.up_both()
    checks = {region: one.health_check for region, one in world.placed().items()}
    world.up(settings, EAST)  # either region's step does it for both
    assert {region: str(one) for region, one in world.placed().items()} == expected
    assert {region: one.health_check for region, one in world.placed().items()} == checks
    assert world.due(settings, WEST) == ()
    world.up(with_routing(records="weighted", weights={WEST: 3}), WEST)
    assert {region: one.weight for region, one in world.placed().items()} == {WEST: 3, EAST: 0}


def test_a_new_load_balancer_is_followed_by_record_and_check(world: World) -> None:
    world.up(TWO, WEST)
    before = world.health.find(WEST)
    world.balancers.number = 2
    assert len(world.due(TWO, WEST)) == 2
    world.up(TWO, WEST)
    after = world.health.find(WEST)
    assert before is not None
    assert after is not None
    assert (after.id, after.target) == (before.id, world.balancers.name(WEST))


def test_a_drained_region_stays_drained_and_says_so(world: World) -> None:
    world.up_both()
    check = world.health.find(EAST)
    assert check is not None
    world.health.drain(check)
    world.balancers.number = 2
    world.up(TWO, EAST)
    drained = world.health.find(EAST)
    assert drained is not None
    assert drained.is_drained
    assert "us-east-1 is drained" in world.said
    world.health.undrain(drained)
    assert not any(one.is_drained for one in world.health.all())


def test_while_the_health_path_changes_a_region_stays_in_the_answers(world: World) -> None:
    world.up_both()
    hold, ctx = world.hold(TWO, WEST)
    assert hold.begin(ctx)
    assert world.check(WEST).is_held
    assert world.trusted() == {WEST: False, EAST: True}
    assert world.due(TWO, EAST) == ()  # the other's own `up` leaves it
    hold.end(ctx, "/up")
    check = world.check(WEST)
    assert (check.is_held, check.is_drained, check.path) == (False, False, "/up")
    assert world.trusted() == {WEST: True, EAST: True}
    assert world.check(EAST).path == "/health"


def test_its_checks_count_again_even_where_no_target_becomes_healthy(world: World) -> None:
    world.up_both()
    hold, ctx = world.hold(TWO, WEST)
    hold.begin(ctx)
    world.balancers.health = "unhealthy"
    hold.end(ctx, "/up")
    assert not world.check(WEST).is_held
    assert world.trusted()[WEST]


def test_a_run_that_was_killed_while_it_kept_a_region_is_completed(world: World) -> None:
    world.up_both()
    hold, ctx = world.hold(TWO, WEST)
    hold.begin(ctx)
    assert world.due(TWO, WEST) == (
        f"put right the health check of https://{world.balancers.name(WEST)}/health",
        f"route {HOST} to {WEST}, latency",
    )
    world.up(TWO, WEST)
    assert not world.check(WEST).is_held
    assert world.trusted()[WEST]


def test_a_region_that_is_drained_is_not_let_in_by_a_new_health_path(world: World) -> None:
    world.up_both()
    world.health.drain(world.check(WEST))
    hold, ctx = world.hold(TWO, WEST)
    hold.begin(ctx)
    hold.end(ctx, "/up")
    assert (world.check(WEST).is_drained, world.check(WEST).path) == (True, "/up")


def test_a_region_that_is_ill_is_not_let_in_by_a_new_health_path(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.up_both()
    ill = (Observation("us-west-1", healthy=False, status="Failure"),)
    monkeypatch.setattr(world.health, "observations", lambda check: ill)
    hold, ctx = world.hold(TWO, WEST)
    assert hold.begin(ctx)
    assert not world.check(WEST).is_held
    assert world.trusted()[WEST]
    hold.end(ctx, "/up")
    assert world.check(WEST).path == "/up"


def test_a_region_that_is_drained_while_it_is_kept_stays_drained(world: World) -> None:
    world.up_both()
    hold, ctx = world.hold(TWO, WEST)
    hold.begin(ctx)
    world.health.drain(world.check(WEST))
    hold.end(ctx, "/up")
    assert (world.check(WEST).is_drained, world.check(WEST).path) == (True, "/up")


def test_a_name_that_is_one_regions_alone_has_nothing_to_keep(world: World) -> None:
    world.up(ONE, WEST)
    hold, ctx = world.hold(ONE, WEST)
    assert not hold.begin(ctx)


def test_down_in_one_region_leaves_the_others_record_and_check(world: World) -> None:
    world.up_both()
    lines = world.down(TWO, EAST)
    assert [line.split(" ")[0] for line in lines] == ["DNS", "health"]
    assert list(world.placed()) == [WEST]
    assert [check.region for check in world.health.all()] == [WEST]
    assert world.due(TWO, WEST) == ()
    assert world.companions() == 1
    assert world.down(TWO, WEST)
    assert (world.records(), world.companions(), world.health.all()) == ([], 0, ())
    assert world.down(TWO, WEST) == ()


def test_back_to_one_region_the_record_is_simple_again(world: World) -> None:
    world.up_both()
    world.up(ONE, WEST)  # the other still serves: it is not dropped from the answers
    assert set(world.placed()) == {WEST, EAST}
    lines = world.down(ONE, EAST)
    assert world.records()[0].placement is None
    assert f".{WEST}.elb." in str(world.records()[0])
    assert len([line for line in lines if line.startswith("health check")]) == 2
    assert world.health.all() == ()
    assert world.due(ONE, WEST) == ()


def test_a_run_that_was_killed_on_the_way_back_is_completed(world: World) -> None:
    world.up_both()
    world.down(TWO, EAST)
    assert world.due(ONE, WEST) == (f"make {HOST} a simple record again",)
    world.up(ONE, WEST)
    assert world.records()[0].placement is None
    assert world.health.all() == ()


def test_the_other_regions_simple_record_is_not_ours_to_remove(world: World) -> None:
    world.up(ONE, WEST)
    step, ctx = world.step(TWO, EAST)
    assert not step.observe(ctx).exists
    assert world.down(TWO, EAST) == ()
    assert world.down(ONE, EAST) == ()
    assert len(world.records()) == 1


def test_two_regions_that_come_at_once_both_get_their_record(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other comes between our look and our change: Route 53 refuses, we look again."""
    seen, look, at_work = [0], world.route53.records, [False]

    def records(zone: Zone, name: str) -> tuple[Record, ...]:
        found = look(zone, name)
        seen[0] += 1
        if seen[0] == 3 and not at_work[0]:
            at_work[0] = True
            step, ctx = world.step(TWO, EAST)
            step.apply(ctx)
        return found

    monkeypatch.setattr(world.route53, "records", records)
    step, ctx = world.step(TWO, WEST)
    step.apply(ctx)
    assert set(world.placed()) == {WEST, EAST}
    assert world.companions() == 1


def test_two_regions_that_go_at_once_leave_no_companion(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.up_both()
    change, done = world.route53.replace_records, [False]

    def replace_records(zone: Zone, name: str, owner: str, present: Any, wanted: Any) -> str:
        if not done[0]:
            done[0] = True
            world.down(TWO, EAST)
            return change(zone, name, owner, present, [one for one in present if one not in gone(present)])
        return change(zone, name, owner, present, wanted)

    def gone(present: Any) -> list[Record]:
        return [one for one in present if one.placement.region == WEST]

    monkeypatch.setattr(world.route53, "replace_records", replace_records)
    world.down(TWO, WEST)
    assert (world.records(), world.companions()) == ([], 0)


def test_the_last_region_that_goes_between_two_looks_is_no_stranger(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`down` of both, where one has no record any more: it sees the other's record, then no companion."""
    world.up(ONE, WEST)
    look, seen = world.route53.is_owned, [0]

    def is_owned(zone: Zone, name: str, owner: str) -> bool:
        seen[0] += 1
        if seen[0] == 2:  # the first look was destroy's own
            assert world.down(TWO, WEST)
        return look(zone, name, owner)

    monkeypatch.setattr(world.route53, "is_owned", is_owned)
    assert world.down(TWO, EAST) == ()
    assert (world.records(), world.companions()) == ([], 0)


def test_a_host_name_that_is_another_now_leads_nowhere(world: World) -> None:
    world.certify(ONE)
    world.up(ONE, WEST)
    renamed = ONE.model_copy(update={"hostname": "clock.example.com"})
    world.certify(renamed)
    assert world.due(renamed, WEST) == (
        f"point clock.example.com at {world.balancers.name(WEST)}",
        f"remove the record of {HOST}: the host name is clock.example.com now",
    )
    world.up(renamed, WEST)
    assert [one.name for one in world.records()] == ["clock.example.com"]
    assert world.companions() == 1
    assert f"removed DNS record A {HOST} -> {world.balancers.name(WEST)} in zone example.com" in world.said


def test_a_region_that_still_serves_the_former_host_name_keeps_its_record(world: World) -> None:
    world.certify(TWO)
    world.up_both()
    renamed = TWO.model_copy(update={"hostname": "clock.example.com"})
    world.certify(renamed)
    world.up(renamed, WEST)
    assert {(one.name, str(one.placement)) for one in world.records()} == {
        ("clock.example.com", "us-west-2, latency"),
        (HOST, "us-east-1, latency"),
    }
    world.up(renamed, EAST)
    assert {one.name for one in world.records()} == {"clock.example.com"}
    assert world.companions() == 1
    assert all(world.health.find(region) for region in (WEST, EAST))


def test_down_finds_a_former_host_name_that_nothing_else_tells(world: World) -> None:
    world.up(ONE, WEST)
    renamed = ONE.model_copy(update={"hostname": "clock.example.com"})
    world.up(renamed, WEST)
    assert len(world.records()) == 2
    removed = world.down(renamed, WEST)
    assert [line.split()[3] for line in removed] == ["clock.example.com", HOST]
    assert (world.records(), world.companions()) == ([], 0)


def test_another_environments_host_name_is_no_former_one(world: World) -> None:
    world.certify(ONE)
    world.up(ONE, WEST)
    staging = ONE.model_copy(update={"hostname": "staging.example.com", "environment": "staging"})
    world.certify(staging)
    world.up(staging, WEST)
    world.down(staging, WEST)
    assert [one.name for one in world.records()] == [HOST]


def test_somebody_elses_record_stops_the_step(world: World) -> None:
    record = {"Name": HOST, "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": "192.0.2.7"}]}
    batch = {"Changes": [{"Action": "CREATE", "ResourceRecordSet": record}]}
    world.aws.client("route53").change_resource_record_sets(HostedZoneId=world.zone.id, ChangeBatch=batch)
    step, ctx = world.step(TWO, WEST)
    with pytest.raises(EpochctlError, match=r"192\.0\.2\.7"):
        step.apply(ctx)
    assert world.down(TWO, WEST)[0].startswith("health check")  # ours, which was made before
    assert len(world.records()) == 1


def test_somebody_elses_health_check_is_never_ours(world: World) -> None:
    config = {"Type": "HTTPS", "FullyQualifiedDomainName": "x.example.com", "Port": 443}
    client = world.aws.client("route53")
    for reference in ("x", f"{ONE.full_name}-2 {WEST} 1", f"{ONE.full_name} {WEST} 1"):
        made = client.create_health_check(CallerReference=reference, HealthCheckConfig=config)
    other = [{"Key": "epochctl:name", "Value": "other"}]  # a name and an environment may add up to ours
    identifier = made["HealthCheck"]["Id"]
    client.change_tags_for_resource(ResourceType="healthcheck", ResourceId=identifier, AddTags=other)
    assert world.health.all() == ()
    assert world.health.remove(WEST) == ()


def test_a_check_whose_tags_never_came_is_ours_and_gets_them(world: World) -> None:
    """Killed between the two calls: no second one is made."""
    config = {"Type": "HTTPS", "FullyQualifiedDomainName": world.balancers.name(WEST), "Port": 443}
    client = world.aws.client("route53")
    client.create_health_check(CallerReference=f"{ONE.full_name} {WEST} 1", HealthCheckConfig=config)
    assert [check.is_tagged for check in world.health.all()] == [False]
    world.up(TWO, WEST)
    assert [check.is_tagged for check in world.health.all()] == [True]


def test_without_a_zone_several_regions_are_refused(world: World) -> None:
    settings = TWO.model_copy(update={"hostname": "epoch.example.net"})
    step, ctx = world.step(settings, WEST)
    with pytest.raises(EpochctlError, match="several regions cannot share it"):
        step.apply(ctx)


def test_the_owner_is_the_environment_not_the_region() -> None:
    assert owner_text(TWO.tags) == "epochctl name=epoch environment=production"
