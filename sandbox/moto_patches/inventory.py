"""The inventory: everything that exists in the emulated account, one line each, with type and exact id.

It reads moto's data, not its API, so that a describe call cannot hide anything.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sandbox.moto_patches.backends import backends_by_region


def lines() -> list[str]:
    """Sorted lines such as "ec2/vpc us-west-2 vpc-0a1b2c"."""
    readers = (_ec2, _eks, _elbv2, _ecr, _acm, _iam, _s3, _route53, _logs, _stacks)
    return sorted({line for reader in readers for line in reader()})


def _ec2() -> Iterator[str]:
    for region, ec2 in backends_by_region("ec2"):
        kinds: list[tuple[str, Any]] = [
            ("vpc", [v for v in ec2.vpcs.values() if not v.is_default]),
            (
                "subnet",
                [
                    s
                    for zone in ec2.subnets.values()
                    for s in zone.values()
                    if not _is_in_default_vpc(ec2, s.vpc_id)
                ],
            ),
            ("internet-gateway", ec2.internet_gateways.values()),
            ("nat-gateway", [n for n in ec2.nat_gateways.values() if n.state != "deleted"]),
            ("elastic-ip", ec2.addresses),
            ("route-table", [t for t in ec2.route_tables.values() if not _is_in_default_vpc(ec2, t.vpc_id)]),
            ("network-interface", ec2.enis.values()),
            ("launch-template", ec2.launch_templates.values()),
            ("volume", ec2.volumes.values()),
        ]
        for kind, items in kinds:
            for item in list(items):
                identifier = getattr(item, "id", None) or getattr(item, "allocation_id", item)
                yield f"ec2/{kind} {region} {identifier}"
        for vpc_id, groups in list(ec2.groups.items()):
            if not _is_in_default_vpc(ec2, vpc_id):
                yield from (
                    f"ec2/security-group {region} {group.id} {group.name}" for group in list(groups.values())
                )
        for reservation in list(ec2.reservations.values()):
            for instance in reservation.instances:
                if instance.state not in ("terminated", "shutting-down"):
                    yield f"ec2/instance {region} {instance.id}"


def _is_in_default_vpc(ec2: Any, vpc_id: str) -> bool:
    vpc = ec2.vpcs.get(vpc_id)
    return vpc is not None and bool(vpc.is_default)


def _eks() -> Iterator[str]:
    for region, eks in backends_by_region("eks"):
        for cluster in list(eks.clusters.values()):
            yield f"eks/cluster {region} {cluster.name}"
            yield from (f"eks/nodegroup {region} {cluster.name}/{name}" for name in list(cluster.nodegroups))


def _elbv2() -> Iterator[str]:
    for region, elb in backends_by_region("elbv2"):
        yield from (f"elbv2/loadbalancer {region} {arn}" for arn in list(elb.load_balancers))
        yield from (f"elbv2/targetgroup {region} {arn}" for arn in list(elb.target_groups))


def _ecr() -> Iterator[str]:
    for region, ecr in backends_by_region("ecr"):
        for rule in ecr.replication_config["rules"]:
            filters = ",".join(each["filter"] for each in rule.get("repositoryFilters", ())) or "all"
            for destination in rule["destinations"]:
                yield f"ecr/replication {region} {filters} {destination['region']}"
        for repository in list(ecr.repositories.values()):
            yield f"ecr/repository {region} {repository.name}"
            yield from (
                f"ecr/image {region} {repository.name}@{image.image_digest}"
                for image in list(repository.images)
            )


def _acm() -> Iterator[str]:
    for _, acm in backends_by_region("acm"):
        yield from (f"acm/certificate {arn}" for arn in list(acm._certificates))


def _iam() -> Iterator[str]:
    for _, iam in backends_by_region("iam"):
        yield from (f"iam/role {role.name}" for role in list(iam.roles.values()))
        yield from (f"iam/user {user.name}" for user in list(iam.users.values()))
        yield from (
            f"iam/policy {arn}" for arn, p in list(iam.managed_policies.items()) if ":aws:policy/" not in arn
        )
        yield from (f"iam/instance-profile {p.name}" for p in list(iam.instance_profiles.values()))
        yield from (f"iam/oidc-provider {arn}" for arn in list(iam.open_id_providers))


def _s3() -> Iterator[str]:
    for _, s3 in backends_by_region("s3"):
        yield from (f"s3/bucket {name}" for name in list(s3.buckets))


def _route53() -> Iterator[str]:
    for _, route53 in backends_by_region("route53"):
        for zone in list(route53.zones.values()):
            yield f"route53/zone {zone.name}"
            for record in list(zone.rrsets):
                identifier = f" {record.set_identifier}" if record.set_identifier else ""
                yield f"route53/record {record.name} {record.type}{identifier}"
        yield from (f"route53/health-check {identifier}" for identifier in list(route53.health_checks))


def _logs() -> Iterator[str]:
    for region, logs in backends_by_region("logs"):
        yield from (f"logs/group {region} {name}" for name in list(logs.groups))


def _stacks() -> Iterator[str]:
    for region, formation in backends_by_region("cloudformation"):
        yield from (f"cloudformation/stack {region} {each.name}" for each in list(formation.stacks.values()))
