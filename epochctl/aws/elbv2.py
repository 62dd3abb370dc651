"""Load balancers and target groups, and their deletion when no controller is left to do it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from epochctl.aws.session import Aws
from epochctl.aws.tags import tag_dict

CLUSTER_TAG = "elbv2.k8s.aws/cluster"
ABSENT = (
    "LoadBalancerNotFound",
    "LoadBalancerNotFoundException",
    "TargetGroupNotFound",
    "TargetGroupNotFoundException",
)


@dataclass(frozen=True)
class LoadBalancer:
    """state: provisioning, active, active_impaired or failed."""

    arn: str
    name: str
    dns_name: str
    hosted_zone_id: str
    state: str
    security_groups: tuple[str, ...]
    vpc_id: str = ""


@dataclass(frozen=True)
class Listener:
    """One port of a load balancer."""

    arn: str
    protocol: str
    port: int
    certificate_arns: tuple[str, ...]


@dataclass(frozen=True)
class TargetGroup:
    """Targets that one or more load balancers send to."""

    arn: str
    name: str
    load_balancer_arns: tuple[str, ...]
    vpc_id: str = ""


@dataclass(frozen=True)
class Target:
    """state: initial, healthy, unhealthy, unused, draining or unavailable; reason and description say why."""

    address: str
    port: int
    state: str
    reason: str
    description: str


class Elbv2:
    """The load balancers of one region."""

    def __init__(self, aws: Aws) -> None:
        self._aws = aws

    def load_balancers(self, cluster: str) -> tuple[LoadBalancer, ...]:
        """Return those that a controller made for `cluster`."""
        found = {lb.arn: lb for lb in self._all_load_balancers()}
        return tuple(found[arn] for arn in self._of_cluster(cluster, list(found)))

    def in_vpc(self, vpc_id: str) -> tuple[LoadBalancer, ...]:
        """Return every load balancer in the VPC, whatever made it."""
        return tuple(lb for lb in self._all_load_balancers() if lb.vpc_id == vpc_id)

    def by_dns_name(self, dns_name: str) -> LoadBalancer | None:
        """Return the load balancer with that DNS name, or None."""
        wanted = plain_dns_name(dns_name)
        return next((lb for lb in self._all_load_balancers() if plain_dns_name(lb.dns_name) == wanted), None)

    def target_groups(self, cluster: str) -> tuple[TargetGroup, ...]:
        """Return those that a controller made for `cluster`, in use or not."""
        found = {
            item["TargetGroupArn"]: item for item in self._items("describe_target_groups", "TargetGroups")
        }
        return tuple(_target_group(found[arn]) for arn in self._of_cluster(cluster, list(found)))

    def target_groups_of(self, load_balancer_arn: str) -> tuple[TargetGroup, ...]:
        """Return those of a load balancer; () where it does not exist."""
        try:
            pages = self._items("describe_target_groups", "TargetGroups", LoadBalancerArn=load_balancer_arn)
        except LookupError:
            return ()
        return tuple(_target_group(item) for item in pages)

    def listeners(self, load_balancer_arn: str) -> tuple[Listener, ...]:
        """Return the listeners of a load balancer; () where it does not exist."""
        try:
            return tuple(
                _listener(item)
                for item in self._items("describe_listeners", "Listeners", LoadBalancerArn=load_balancer_arn)
            )
        except LookupError:
            return ()

    def target_health(self, target_group_arn: str) -> tuple[Target, ...]:
        """Return every registered target; () where the group does not exist."""
        arguments = {"TargetGroupArn": target_group_arn}
        answer = self._aws.find("elbv2", "describe_target_health", absent=ABSENT, **arguments)
        return tuple(_target(item) for item in answer["TargetHealthDescriptions"]) if answer else ()

    def delete(self, cluster: str, arn: str) -> bool:
        """Delete a load balancer or target group of `cluster`, for when its controller is gone.

        False, and nothing done, where it is already absent or does not carry the cluster's tag.
        """
        if not self._of_cluster(cluster, [arn]):
            return False
        if ":targetgroup/" in arn:
            answer = self._aws.find("elbv2", "delete_target_group", absent=ABSENT, TargetGroupArn=arn)
        else:
            answer = self._aws.find("elbv2", "delete_load_balancer", absent=ABSENT, LoadBalancerArn=arn)
        return answer is not None

    def _all_load_balancers(self) -> Iterator[LoadBalancer]:
        return (_load_balancer(item) for item in self._items("describe_load_balancers", "LoadBalancers"))

    def _of_cluster(self, cluster: str, arns: Sequence[str]) -> list[str]:
        """The arns that carry the cluster's tag. AWS takes twenty in one request."""
        return [
            str(described["ResourceArn"])
            for start in range(0, len(arns), 20)
            for described in self._tags(list(arns[start : start + 20]))
            if tag_dict(described["Tags"]).get(CLUSTER_TAG) == cluster
        ]

    def _tags(self, arns: list[str]) -> list[dict[str, Any]]:
        """Return the tag descriptions of `arns`.

        One load balancer that was deleted meanwhile fails the whole request: then each is asked for alone.
        """
        answer = self._aws.find("elbv2", "describe_tags", absent=ABSENT, ResourceArns=arns)
        if answer is not None:
            return list(answer["TagDescriptions"])
        return [] if len(arns) == 1 else [tags for arn in arns for tags in self._tags([arn])]

    def _items(self, operation: str, key: str, **arguments: Any) -> list[dict[str, Any]]:
        return self._aws.items("elbv2", operation, key, absent=ABSENT, **arguments)


def plain_dns_name(name: str) -> str:
    """Return a load balancer's DNS name in lower case, without root dot and Route 53's `dualstack.`."""
    return name.lower().rstrip(".").removeprefix("dualstack.")


def _load_balancer(item: dict[str, Any]) -> LoadBalancer:
    return LoadBalancer(
        arn=item["LoadBalancerArn"],
        name=item["LoadBalancerName"],
        dns_name=item.get("DNSName", ""),
        hosted_zone_id=item.get("CanonicalHostedZoneId", ""),
        state=item.get("State", {}).get("Code", ""),
        security_groups=tuple(item.get("SecurityGroups", ())),
        vpc_id=item.get("VpcId", ""),
    )


def _target_group(item: dict[str, Any]) -> TargetGroup:
    return TargetGroup(
        item["TargetGroupArn"],
        item["TargetGroupName"],
        tuple(item.get("LoadBalancerArns", ())),
        item.get("VpcId", ""),
    )


def _listener(item: dict[str, Any]) -> Listener:
    certificates = tuple(certificate["CertificateArn"] for certificate in item.get("Certificates", ()))
    return Listener(item["ListenerArn"], item.get("Protocol", ""), int(item.get("Port", 0)), certificates)


def _target(item: dict[str, Any]) -> Target:
    target, health = item["Target"], item.get("TargetHealth", {})
    return Target(
        address=target["Id"],
        port=int(target.get("Port", 0)),
        state=health.get("State", ""),
        reason=health.get("Reason", ""),
        description=health.get("Description", ""),
    )
