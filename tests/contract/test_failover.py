"""What a failover asks and changes, against moto: Route 53's records and checks, a load balancer's groups."""

from __future__ import annotations

from typing import cast

import pytest

from epochctl.aws.route53 import Alias, HealthChecks, Placement, Record, Route53, Zone, owner_text
from epochctl.aws.security_groups import CLUSTER_TAG, SecurityGroups
from epochctl.aws.session import Aws
from epochctl.command import Command
from epochctl.config.routing import Routing
from epochctl.config.settings import Settings
from epochctl.errors import NotFoundError
from epochctl.failover import Routes

WEST, EAST = "us-west-2", "us-east-1"
HOST = "epoch.example.com"
ONE = Settings(hostname=HOST, regions=(WEST,))
STANDBY = Settings(
    hostname=HOST, regions=(WEST, EAST), routing=Routing(policy="primary-standby", standby_replicas=0)
)


def routes(aws: Aws, settings: Settings) -> Routes:
    return Routes(settings, Route53(aws), HealthChecks(aws, settings.full_name, settings.tags))


def share(aws: Aws, settings: Settings) -> None:
    """A record for each region, as the `dns` steps leave them."""
    route53, health = Route53(aws), HealthChecks(aws, settings.full_name, settings.tags)
    aws.client("route53").create_hosted_zone(Name="example.com", CallerReference="1")
    zone = cast("Zone", route53.zone_for(HOST))
    records = []
    for region in settings.regions:
        target = f"k8s-epoch-1.{region}.elb.amazonaws.com"
        check = health.ensure(region, target, "/health").id
        placed = Placement(region, settings.routing.kind, 0, region == settings.home, check)
        records.append(Record(HOST, "A", alias=Alias(target, "Z1H1FL5HABSF5"), placement=placed))
    route53.replace_records(zone, HOST, owner_text(settings.tags), (), records)


def test_regions_as_route_53_has_them(aws: Aws) -> None:
    share(aws, STANDBY)
    west, east = routes(aws, STANDBY).regions()
    assert (west.name, west.role, west.record_text) == (WEST, "primary", "failover primary")
    assert (east.name, east.role, east.record_text) == (EAST, "standby", "failover secondary")
    assert west.target == f"k8s-epoch-1.{WEST}.elb.amazonaws.com"


def test_a_region_is_drained_and_undrained(aws: Aws) -> None:
    share(aws, STANDBY)
    known = routes(aws, STANDBY)
    assert known.drain(WEST)
    assert not known.drain(WEST)  # it is already
    assert known.region(WEST).is_drained
    assert known.undrain(WEST)
    assert not known.region(WEST).is_drained


def test_one_region_has_nowhere_to_go(aws: Aws) -> None:
    aws.client("route53").create_hosted_zone(Name="example.com", CallerReference="1")
    with pytest.raises(NotFoundError, match="not shared by several regions") as raised:
        routes(aws, ONE).regions()
    assert "one region" in raised.value.why


def test_a_region_without_a_record_is_reported_with_the_command_that_creates_it(aws: Aws) -> None:
    share(aws, STANDBY)
    with pytest.raises(NotFoundError) as raised:
        routes(aws, STANDBY).region("eu-west-1")
    assert raised.value.fix == Command("up", "--region", "eu-west-1")


def test_a_closed_group_tells_whoever_comes_later_what_it_let_in(aws: Aws) -> None:
    ec2 = aws.client("ec2")
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    tags = [{"ResourceType": "security-group", "Tags": [{"Key": CLUSTER_TAG, "Value": "epoch"}]}]
    made = ec2.create_security_group(
        GroupName="k8s-epoch", Description="x", VpcId=vpc, TagSpecifications=tags
    )["GroupId"]
    rules = [
        {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
        for port in (80, 443)
    ]
    ec2.authorize_security_group_ingress(GroupId=made, IpPermissions=rules)

    def open_ports() -> list[int]:
        groups = ec2.describe_security_groups(GroupIds=[made])["SecurityGroups"]
        return sorted(rule["FromPort"] for rule in groups[0]["IpPermissions"])

    (group,) = SecurityGroups(aws).for_cluster("epoch")
    assert SecurityGroups(aws).close(group) == 2
    assert open_ports() == []
    for expected in (2, 0):  # of another process, and once more
        (group,) = SecurityGroups(aws).for_cluster("epoch")
        assert SecurityGroups(aws).reopen(group) == expected
        assert open_ports() == [80, 443]
