"""CAA, negative answers, slowness and failing checks: each does what its line says, and ends."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import dns.flags
import dns.message
import dns.rcode
import pytest

from sandbox.certificate_authority import CertificateAuthority
from sandbox.errors import SandboxError
from sandbox.faults import caa, negative_cache, slow, unhealthy_target
from sandbox.faults.fault import FaultContext
from sandbox.moto_patches import acm_certificates, delays, ec2, route53_record_changes
from sandbox.moto_patches.backends import backend
from sandbox.moto_patches.elbv2 import LoadBalancers
from sandbox.network.dns_server import DnsResponder
from sandbox.network.load_balancer.target_health import TargetHealthChecks

NOBODY: Any = None
HOST = "epoch.sandbox.test"


@pytest.fixture
def context(account: None, authority: CertificateAuthority) -> Iterator[FaultContext]:
    acm_certificates.install(authority)
    ec2.install()
    route53_record_changes.install()
    load_balancers = LoadBalancers()
    load_balancers.install()
    boto3.client("route53").create_hosted_zone(Name="sandbox.test", CallerReference="1")
    yield FaultContext(
        NOBODY, load_balancers, DnsResponder(load_balancers, lambda _: None, lambda _: None), NOBODY
    )
    delays.set_scale(0.0)


def publish(name: str, kind: str, value: str) -> None:
    (zone,) = boto3.client("route53").list_hosted_zones()["HostedZones"]
    record = {"Name": name, "Type": kind, "TTL": 60, "ResourceRecords": [{"Value": value}]}
    change = {"Action": "UPSERT", "ResourceRecordSet": record}
    boto3.client("route53").change_resource_record_sets(
        HostedZoneId=zone["Id"],
        ChangeBatch={"Changes": [change]},  # type: ignore[typeddict-item]
    )


def certificate() -> dict[str, Any]:
    """Of a certificate whose validation record is in the zone."""
    acm = boto3.client("acm", "us-west-2")
    arn = acm.request_certificate(DomainName=HOST, ValidationMethod="DNS")["CertificateArn"]
    name, value = acm_certificates.validation_record(HOST)
    publish(name, "CNAME", value)
    return dict(acm.describe_certificate(CertificateArn=arn)["Certificate"])


def ask(names: DnsResponder, host: str, kind: str = "A", *, recursive: bool = True) -> dns.message.Message:
    query = dns.message.make_query(host, kind)
    if not recursive:
        query.flags &= ~dns.flags.RD
    return names.answer(query)


def test_caa_keeps_amazon_from_issuing(context: FaultContext) -> None:
    stop = caa.start(context, caa.FAULT.options)
    answer = ask(context.dns, "sandbox.test", "CAA")
    assert [str(item) for item in answer.answer[0]] == ['0 issue "letsencrypt.org"']
    failed = certificate()
    assert (failed["Status"], failed["FailureReason"]) == ("FAILED", "CAA_ERROR")
    stop()
    assert ask(context.dns, "sandbox.test", "CAA").answer == []
    assert certificate()["Status"] == "ISSUED"


def test_caa_that_allows_amazon_keeps_nobody(context: FaultContext) -> None:
    caa.start(context, {**caa.FAULT.options, "issuer": "amazon.com"})
    assert certificate()["Status"] == "ISSUED"


def test_caa_of_a_zone_that_is_not_there_is_said(context: FaultContext) -> None:
    with pytest.raises(SandboxError, match=r"no hosted zone nobody\.test"):
        caa.start(context, {**caa.FAULT.options, "zone": "nobody.test"})


def test_a_resolver_remembers_absence_and_the_zones_server_does_not(context: FaultContext) -> None:
    stop = negative_cache.start(context, {"seconds": 60.0})
    assert ask(context.dns, HOST).rcode() == dns.rcode.NXDOMAIN
    publish(HOST, "A", "203.0.113.9")
    assert ask(context.dns, HOST).rcode() == dns.rcode.NXDOMAIN
    assert ask(context.dns, HOST, recursive=False).answer != []
    stop()
    assert ask(context.dns, HOST).answer != []


def test_what_the_zones_server_was_asked_is_remembered_by_nobody(context: FaultContext) -> None:
    negative_cache.start(context, {"seconds": 60.0})
    assert ask(context.dns, HOST, recursive=False).rcode() == dns.rcode.NXDOMAIN
    publish(HOST, "A", "203.0.113.9")
    assert ask(context.dns, HOST).answer != []


def test_slow_things_are_pending_first(context: FaultContext) -> None:
    stop = slow.start(context, {"scale": 10.0})
    assert certificate()["Status"] == "PENDING_VALIDATION"
    ec2 = boto3.client("ec2", "us-west-2")
    subnet = ec2.describe_subnets()["Subnets"][0]["SubnetId"]
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    made = ec2.create_nat_gateway(SubnetId=subnet, AllocationId=address)["NatGateway"]["NatGatewayId"]
    assert backend("ec2", "us-west-2").nat_gateways[made].state == "pending"
    context.load_balancers.report({})
    assert load_balancer_state("slow", context) == "provisioning"
    stop()
    assert load_balancer_state("quick", context) == "active"


def load_balancer_state(name: str, context: FaultContext) -> str:
    subnets = [s["SubnetId"] for s in boto3.client("ec2", "us-west-2").describe_subnets()["Subnets"][:2]]
    elb = boto3.client("elbv2", "us-west-2")
    elb.create_load_balancer(Name=name, Subnets=subnets)
    context.load_balancers.report({})
    (described,) = elb.describe_load_balancers(Names=[name])["LoadBalancers"]
    return str(described["State"]["Code"])


@pytest.mark.parametrize(("share", "failing"), [(0.5, 2), (0.01, 1), (1.0, 3)])
def test_checks_fail_for_a_share_of_targets(context: FaultContext, share: float, failing: int) -> None:
    elb = boto3.client("elbv2", "us-west-2")
    vpc = boto3.client("ec2", "us-west-2").describe_vpcs()["Vpcs"][0]["VpcId"]
    made = elb.create_target_group(Name="x", Protocol="HTTP", Port=80, VpcId=vpc, TargetType="ip")
    arn = made["TargetGroups"][0]["TargetGroupArn"]
    targets = [{"Id": f"10.0.0.{n}", "Port": 8080} for n in range(3)]
    elb.register_targets(TargetGroupArn=arn, Targets=targets)  # type: ignore[arg-type]
    stop = unhealthy_target.start(context, {"share": share})
    assert len(context.load_balancers.snapshot()["groups"][arn]["failing"]) == failing
    stop()
    assert context.load_balancers.snapshot()["groups"][arn]["failing"] == []


def test_a_failing_target_is_not_even_asked() -> None:
    import asyncio

    checks = TargetHealthChecks(NOBODY)
    group = {"failing": ["10.0.0.1:8080"], "port": "traffic-port"}
    problem = asyncio.run(checks._check("10.0.0.1:8080", group))
    assert problem == ("Target.FailedHealthChecks", "Health checks failed")


def test_a_resolver_remembers_a_missing_type_too(context: FaultContext) -> None:
    """A name that others are below exists, so it is its addresses only that are absent."""
    publish(f"_proof.{HOST}", "TXT", '"1"')
    stop = negative_cache.start(context, {"seconds": 60.0})
    assert not ask(context.dns, HOST).answer
    publish(HOST, "A", "203.0.113.9")
    remembered = ask(context.dns, HOST)
    assert (remembered.rcode(), remembered.answer) == (dns.rcode.NOERROR, [])
    assert ask(context.dns, HOST, recursive=False).answer
    stop()
    assert ask(context.dns, HOST).answer
