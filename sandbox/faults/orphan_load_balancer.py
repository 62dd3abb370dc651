"""Resources that a dead controller leaves in AWS: load balancer, target group, security group, pod interface.

Optionally also what GuardDuty adds to every VPC with a cluster.
"""

from __future__ import annotations

from typing import Any

from sandbox.faults.fault import Fault, FaultContext, Options, Stop
from sandbox.moto_patches.backends import MOTO_LOCK, backend
from sandbox.moto_patches.vpc_lookup import find_vpc, one_subnet_per_zone

STEM = "k8s-orphan"
GUARDDUTY = {"GuardDutyManaged": "true"}


def start(context: FaultContext, options: Options) -> Stop:
    cluster = str(options["cluster"])
    region, vpc = find_vpc(str(options["vpc"]) or cluster, str(options["region"]))
    tags = {"elbv2.k8s.aws/cluster": cluster}
    with MOTO_LOCK:
        ec2 = backend("ec2", region)
        subnets = one_subnet_per_zone(ec2, vpc.id)
        name = f"{STEM}-{vpc.id[-8:]}"
        group = ec2.create_security_group(name, "orphan", vpc_id=vpc.id, tags=tags)
        _balance(region, name, vpc.id, [subnet.id for subnet in subnets[:2]], group.id, tags)
        ec2.create_network_interface(subnets[0], [], group_ids=[group.id], description="aws-K8S-i-0dead")
        if options["guardduty"]:
            _guard(ec2, vpc.id, subnets[0], region)
    return lambda: None  # what a dead controller left stays until somebody removes it


def _balance(region: str, name: str, vpc: str, subnets: list[str], group: str, tags: dict[str, str]) -> None:
    elb = backend("elbv2", region)
    listed = [{"Key": key, "Value": value} for key, value in tags.items()]
    balancer = elb.create_load_balancer(name, [group], subnets, tags=listed)
    target = elb.create_target_group(
        name, vpc_id=vpc, protocol="HTTP", port="80", target_type="ip", tags=listed
    )
    action = {"Type": "forward", "TargetGroupArn": target.arn, "Order": 1}
    elb.create_listener(balancer.arn, "HTTP", "80", None, None, [action])


def _guard(ec2: Any, vpc: str, subnet: Any, region: str) -> None:
    name = f"GuardDutyManagedSecurityGroup-{vpc}"
    group = ec2.create_security_group(name, "Associated with VPC-GuardDuty", vpc_id=vpc, tags=GUARDDUTY)
    endpoint = ec2.create_vpc_endpoint(
        vpc,
        f"com.amazonaws.{region}.guardduty-data",
        "Interface",
        None,
        [],
        subnet_ids=[subnet.id],
        security_group_ids=[group.id],
        tags=GUARDDUTY,
    )
    for id in endpoint.network_interface_ids:
        interface = ec2.enis[id]
        interface.status, interface.requester_managed = "in-use", True
        interface.description = f"VPC Endpoint Interface {endpoint.id}"
        interface._group_set = [group]


FAULT = Fault(
    "orphan-load-balancer",
    "a load balancer, target group and security group with the cluster's tag and an idle pod interface, as a "
    "dead controller leaves them; guardduty=1: and GuardDuty's endpoint and group; vpc=NAME: not in our VPC",
    start,
    {"cluster": "epoch-production", "vpc": "", "guardduty": 1, "region": ""},
)
