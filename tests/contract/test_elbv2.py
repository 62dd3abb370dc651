"""The load balancer client against moto."""

from __future__ import annotations

import pytest

from epochctl.aws.elbv2 import CLUSTER_TAG, Elbv2, LoadBalancer
from epochctl.aws.session import Aws

CLUSTER = "epoch-production"


@pytest.fixture
def subnets(aws: Aws) -> tuple[str, ...]:
    found = aws.client("ec2").describe_subnets()["Subnets"]
    return tuple(item["SubnetId"] for item in found[:2])


def make_balancer(aws: Aws, subnets: tuple[str, ...], name: str, cluster: str = "") -> str:
    tags = {"Tags": [{"Key": CLUSTER_TAG, "Value": cluster}]} if cluster else {}
    made = aws.client("elbv2").create_load_balancer(Name=name, Subnets=list(subnets), **tags)
    return str(made["LoadBalancers"][0]["LoadBalancerArn"])


def make_group(aws: Aws, name: str, cluster: str) -> str:
    vpc = aws.client("ec2").describe_vpcs()["Vpcs"][0]["VpcId"]
    made = aws.client("elbv2").create_target_group(
        Name=name,
        Protocol="HTTP",
        Port=8080,
        VpcId=vpc,
        TargetType="ip",
        Tags=[{"Key": CLUSTER_TAG, "Value": cluster}],
    )
    return str(made["TargetGroups"][0]["TargetGroupArn"])


def test_only_the_clusters_load_balancers_are_seen(aws: Aws, subnets: tuple[str, ...]) -> None:
    for number in range(25):  # AWS tells the tags of twenty at a time
        make_balancer(aws, subnets, f"foreign-{number}", "" if number % 2 else "other")
    arn = make_balancer(aws, subnets, "ours", CLUSTER)
    (found,) = Elbv2(aws).load_balancers(CLUSTER)
    assert (found.arn, found.name) == (arn, "ours")
    assert found.hosted_zone_id
    assert found.state in {"provisioning", "active"}


def test_a_load_balancer_answers_to_its_name_however_spelt(aws: Aws, subnets: tuple[str, ...]) -> None:
    make_balancer(aws, subnets, "ours", CLUSTER)
    elbv2 = Elbv2(aws)
    (balancer,) = elbv2.load_balancers(CLUSTER)
    for spelling in (balancer.dns_name.upper(), f"dualstack.{balancer.dns_name}."):
        assert _arn(elbv2.by_dns_name(spelling)) == balancer.arn
    assert elbv2.by_dns_name("nowhere.us-west-2.elb.amazonaws.com") is None


def _arn(balancer: LoadBalancer | None) -> str:
    return balancer.arn if balancer else ""


def test_listeners_groups_and_targets(aws: Aws, subnets: tuple[str, ...]) -> None:
    arn, group = make_balancer(aws, subnets, "ours", CLUSTER), make_group(aws, "ours", CLUSTER)
    client, elbv2 = aws.client("elbv2"), Elbv2(aws)
    certificate = aws.client("acm").request_certificate(DomainName="epoch.example.com")["CertificateArn"]
    client.create_listener(
        LoadBalancerArn=arn,
        Protocol="HTTPS",
        Port=443,
        Certificates=[{"CertificateArn": certificate}],
        DefaultActions=[{"Type": "forward", "TargetGroupArn": group}],
    )
    client.register_targets(TargetGroupArn=group, Targets=[{"Id": "172.31.0.9", "Port": 8080}])
    (listener,) = elbv2.listeners(arn)
    assert (listener.port, listener.certificate_arns) == (443, (certificate,))
    assert [found.arn for found in elbv2.target_groups_of(arn)] == [group]
    assert [found.load_balancer_arns for found in elbv2.target_groups(CLUSTER)] == [(arn,)]
    (target,) = elbv2.target_health(group)
    assert (target.address, target.port, target.state) == ("172.31.0.9", 8080, "healthy")


def test_what_is_gone_is_an_answer(aws: Aws, subnets: tuple[str, ...]) -> None:
    elbv2 = Elbv2(aws)
    arn, group = make_balancer(aws, subnets, "ours", CLUSTER), make_group(aws, "ours", CLUSTER)
    assert elbv2.delete(CLUSTER, arn)
    assert elbv2.delete(CLUSTER, group)
    elbv2.delete(CLUSTER, arn)  # again: absent is success
    assert not elbv2.delete(CLUSTER, group)
    assert elbv2.listeners(arn) == ()
    assert elbv2.target_groups_of(arn) == ()
    assert elbv2.target_health(group) == ()
    assert elbv2.load_balancers(CLUSTER) == ()


def test_another_clusters_load_balancer_is_never_deleted(aws: Aws, subnets: tuple[str, ...]) -> None:
    foreign = make_balancer(aws, subnets, "foreign", "other")
    bare = make_balancer(aws, subnets, "bare")
    elbv2 = Elbv2(aws)
    assert not elbv2.delete(CLUSTER, foreign)
    assert not elbv2.delete(CLUSTER, bare)
    assert len(aws.client("elbv2").describe_load_balancers()["LoadBalancers"]) == 2
