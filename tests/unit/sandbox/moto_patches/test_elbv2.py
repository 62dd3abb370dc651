"""ELBv2 as on AWS, through its API: health is what the data plane saw, and what leaves drains first."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from sandbox.moto_patches import elbv2 as module
from sandbox.moto_patches.elbv2 import LoadBalancers

TARGET = {"Id": "10.0.1.7", "Port": 8080}


class Clock:
    now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(module, "time", clock)
    return clock


@pytest.fixture
def balancers(account: None) -> LoadBalancers:
    made = LoadBalancers()
    made.install()
    return made


@pytest.fixture
def elb(balancers: LoadBalancers) -> Any:
    return boto3.client("elbv2", "us-west-2")


@pytest.fixture
def group(elb: Any) -> str:
    vpc = boto3.client("ec2", "us-west-2").describe_vpcs()["Vpcs"][0]["VpcId"]
    made = elb.create_target_group(
        Name="g", Protocol="HTTP", Port=80, VpcId=vpc, TargetType="ip", HealthCheckPath="/ready"
    )
    arn = str(made["TargetGroups"][0]["TargetGroupArn"])
    attribute = {"Key": "deregistration_delay.timeout_seconds", "Value": "30"}
    elb.modify_target_group_attributes(TargetGroupArn=arn, Attributes=[attribute])
    return arn


def make_balancer(elb: Any) -> dict[str, Any]:
    subnets = boto3.client("ec2", "us-west-2").describe_subnets()["Subnets"]
    made = elb.create_load_balancer(Name="b", Subnets=[subnet["SubnetId"] for subnet in subnets[:2]])
    return dict(made["LoadBalancers"][0])


def register(elb: Any, group: str) -> None:
    elb.register_targets(TargetGroupArn=group, Targets=[TARGET])


def deregister(elb: Any, group: str) -> None:
    elb.deregister_targets(TargetGroupArn=group, Targets=[TARGET])


def health(elb: Any, group: str, **asked: Any) -> dict[str, str]:
    """State by target address."""
    found = elb.describe_target_health(TargetGroupArn=group, **asked)["TargetHealthDescriptions"]
    return {each["Target"]["Id"]: each["TargetHealth"]["State"] for each in found}


def seen(state: str, reason: str = "") -> dict[str, dict[str, str]]:
    return {"10.0.1.7:8080": {"state": state, "reason": reason, "description": "because"}}


def test_a_new_target_is_initial_until_it_was_seen(elb: Any, group: str) -> None:
    register(elb, group)
    assert health(elb, group) == {"10.0.1.7": "initial"}


def test_health_is_what_the_data_plane_saw(elb: Any, group: str, balancers: LoadBalancers) -> None:
    register(elb, group)
    balancers.report({group: seen("healthy")})
    assert health(elb, group) == {"10.0.1.7": "healthy"}
    balancers.report({group: seen("unhealthy", "Target.Timeout")})
    (found,) = elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
    expected = {"State": "unhealthy", "Reason": "Target.Timeout", "Description": "because"}
    assert found["TargetHealth"] == expected


def test_a_healthy_target_has_no_reason(elb: Any, group: str, balancers: LoadBalancers) -> None:
    register(elb, group)
    balancers.report({group: {"10.0.1.7:8080": {"state": "healthy", "reason": "", "description": ""}}})
    (found,) = elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
    assert found["TargetHealth"] == {"State": "healthy"}


def test_a_target_that_leaves_drains_for_the_delay_of_its_group(elb: Any, group: str, clock: Clock) -> None:
    register(elb, group)
    deregister(elb, group)
    assert health(elb, group) == {"10.0.1.7": "draining"}
    clock.now += 29
    assert health(elb, group) == {"10.0.1.7": "draining"}
    clock.now += 2
    assert health(elb, group) == {}
    assert health(elb, group, Targets=[TARGET]) == {"10.0.1.7": "unused"}


def test_a_target_that_comes_back_drains_no_more(elb: Any, group: str, clock: Clock) -> None:
    register(elb, group)
    deregister(elb, group)
    register(elb, group)
    assert health(elb, group) == {"10.0.1.7": "initial"}


def test_a_target_that_was_never_there_is_unused_and_leaves_without_an_error(elb: Any, group: str) -> None:
    deregister(elb, group)
    assert health(elb, group) == {}
    assert health(elb, group, Targets=[TARGET]) == {"10.0.1.7": "unused"}


def test_a_group_that_is_not_there_is_not_found(elb: Any, group: str) -> None:
    with pytest.raises(ClientError, match="TargetGroupNotFound"):
        health(elb, group.replace("/g/", "/h/"))


def test_a_balancer_has_an_address_for_each_subnet_and_keeps_them(elb: Any, balancers: LoadBalancers) -> None:
    balancer = make_balancer(elb)
    addresses = balancers.addresses_of_name(balancer["DNSName"].lower())
    assert len(set(addresses)) == 2
    assert balancers.addresses_of_name("dualstack." + balancer["DNSName"].lower()) == addresses


def test_a_deleted_balancer_has_no_address(elb: Any, balancers: LoadBalancers) -> None:
    balancer = make_balancer(elb)
    elb.delete_load_balancer(LoadBalancerArn=balancer["LoadBalancerArn"])
    assert balancers.addresses_of_name(balancer["DNSName"].lower()) == ()


def test_a_balancer_is_active_once_the_data_plane_knows_it(elb: Any, balancers: LoadBalancers) -> None:
    make_balancer(elb)
    balancers.report({})
    assert elb.describe_load_balancers()["LoadBalancers"][0]["State"]["Code"] == "active"


def test_the_data_plane_is_told_listeners_rules_in_order_and_checks(
    elb: Any, group: str, balancers: LoadBalancers
) -> None:
    arn = make_balancer(elb)["LoadBalancerArn"]
    forward = [{"Type": "forward", "TargetGroupArn": group}]
    made = elb.create_listener(LoadBalancerArn=arn, Protocol="HTTP", Port=80, DefaultActions=forward)
    listener = made["Listeners"][0]["ListenerArn"]
    for priority in (20, 3):
        condition = {"Field": "host-header", "Values": [f"{priority}.test"]}
        elb.create_rule(ListenerArn=listener, Priority=priority, Conditions=[condition], Actions=forward)
    register(elb, group)
    told = balancers.snapshot()
    (only,) = told["balancers"]
    assert [rule["conditions"][0]["Values"] for rule in only["listeners"][0]["rules"]] == [
        ["3.test"],
        ["20.test"],
    ]
    assert only["listeners"][0]["default"][0]["TargetGroupArn"] == group
    assert told["groups"][group]["path"] == "/ready"
    assert told["groups"][group]["targets"] == [{"id": "10.0.1.7", "port": 8080}]


def test_a_balancer_whose_groups_let_nobody_in_is_shut(balancers: LoadBalancers, elb: Any) -> None:
    ec2 = boto3.client("ec2", "us-west-2")
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    groups = [
        ec2.create_security_group(GroupName=name, Description="d", VpcId=vpc)["GroupId"] for name in "ab"
    ]
    arn = make_balancer(elb)["LoadBalancerArn"]
    elb.set_security_groups(LoadBalancerArn=arn, SecurityGroups=groups)
    assert balancers.closed_addresses() == {"203.0.113.10", "203.0.113.11"}
    rule = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    ec2.authorize_security_group_ingress(GroupId=groups[1], IpPermissions=[rule])
    assert balancers.closed_addresses() == frozenset()
    ec2.revoke_security_group_ingress(GroupId=groups[1], IpPermissions=[rule])
    assert len(balancers.closed_addresses()) == 2
