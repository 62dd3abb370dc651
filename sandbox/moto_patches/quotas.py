"""Quotas of the emulated account: AWS's defaults, calls that would exceed them, and Service Quotas' answers.

moto's Service Quotas has the quotas of VPCs only.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models import elastic_ip_addresses, instances, internet_gateways, nat_gateways, vpcs
from moto.ec2.models.instance_types import INSTANCE_TYPES
from moto.eks.exceptions import EKSError
from moto.eks.models import EKSBackend
from moto.elbv2.exceptions import ELBClientError
from moto.elbv2.models import ELBv2Backend
from moto.servicequotas.models import ServiceQuotasBackend


@dataclass(frozen=True)
class Quota:
    """service and code: as Service Quotas names it. default: the value of the sandbox's account.

    They are AWS's own defaults, but for the vCPUs: AWS begins with 5 (L-1216C47A), which is one environment;
    the sandbox's account has been granted more, so that several fit.
    """

    word: str
    service: str
    code: str
    title: str
    default: int


_STANDARD = "Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances"
QUOTAS = (
    Quota("vpc", "vpc", "L-F678F1CE", "VPCs per Region", 5),
    Quota("igw", "vpc", "L-A4707A72", "Internet gateways per Region", 5),
    Quota("nat", "vpc", "L-FE5A380F", "NAT gateways per Availability Zone", 5),
    Quota("eip", "ec2", "L-0263D0A3", "EC2-VPC Elastic IPs", 5),
    Quota("vcpu", "ec2", "L-1216C47A", _STANDARD, 32),
    Quota("eks", "eks", "L-1194D53C", "Clusters", 100),
    Quota("alb", "elasticloadbalancing", "L-53DA6B97", "Application Load Balancers per Region", 50),
)
_BY_WORD = {quota.word: quota for quota in QUOTAS}
_set: dict[str, int] = {}


def limit(word: str) -> int:
    """The value in force."""
    return _set.get(word, _BY_WORD[word].default)


def set_limit(word: str, value: int | None) -> None:
    """Another value than AWS's default; None: the default again."""
    _set.pop(word, None)
    if value is not None:
        _set[word] = value


def vcpus(running: Any) -> int:
    """Of the instances that run, by their types."""
    types = [i.instance_type for i in running if i.state in ("pending", "running")]
    return sum(int(INSTANCE_TYPES[kind]["VCpuInfo"]["DefaultVCpus"]) for kind in types)


def install() -> None:
    """Patch what creates; the check comes first, so that a refused call has changed nothing."""
    _guard(vpcs.VPCBackend, "create_vpc", _vpc)
    _guard(internet_gateways.InternetGatewayBackend, "create_internet_gateway", _gateway)
    _guard(nat_gateways.NatGatewayBackend, "create_nat_gateway", _nat)
    _guard(elastic_ip_addresses.ElasticAddressBackend, "allocate_address", _address)
    _guard(instances.InstanceBackend, "run_instances", _instances)
    _guard(EKSBackend, "create_cluster", _cluster)
    _guard(ELBv2Backend, "create_load_balancer", _balancer)
    _answer_service_quotas()


def _guard(owner: Any, name: str, check: Callable[..., None]) -> None:
    make = getattr(owner, name)

    def guarded(self: Any, *arguments: Any, **named: Any) -> Any:
        check(self, *arguments, **named)
        return make(self, *arguments, **named)

    setattr(owner, name, guarded)


def _ec2(code: str, message: str) -> Exception:
    refused: Exception = EC2ClientError(code, message)
    return refused


def _vpc(ec2: Any, *_: Any, **named: Any) -> None:
    # The first default VPC of a region is moto's own, made when the region is first looked at.
    if not named.get("is_default") and len(ec2.vpcs) >= limit("vpc"):
        raise _ec2("VpcLimitExceeded", "The maximum number of VPCs has been reached.")


def _gateway(ec2: Any, *_: Any, **__: Any) -> None:
    if len(ec2.internet_gateways) >= limit("igw"):
        raise _ec2(
            "InternetGatewayLimitExceeded", "The maximum number of internet gateways has been reached."
        )


def _nat(ec2: Any, subnet_id: str, *_: Any, **__: Any) -> None:
    zone = ec2.get_subnet(subnet_id).availability_zone
    there = [
        gateway
        for gateway in list(ec2.nat_gateways.values())
        if gateway.state != "deleted" and ec2.get_subnet(gateway.subnet_id).availability_zone == zone
    ]
    if len(there) >= limit("nat"):
        message = f"Performing this operation would exceed the limit of {limit('nat')} NAT gateways"
        raise _ec2("NatGatewayLimitExceeded", message)


def _address(ec2: Any, *_: Any, **__: Any) -> None:
    if len(ec2.addresses) >= limit("eip"):
        raise _ec2("AddressLimitExceeded", "The maximum number of addresses has been reached.")


def _instances(ec2: Any, image_id: str, count: int, *_: Any, **named: Any) -> None:
    wanted = INSTANCE_TYPES[named.get("instance_type") or "m1.small"]["VCpuInfo"]["DefaultVCpus"] * count
    if vcpus(ec2.all_instances()) + wanted > limit("vcpu"):
        raise _ec2(
            "VcpuLimitExceeded",
            f"You have requested more vCPU capacity than your current vCPU limit of {limit('vcpu')} allows "
            "for the instance bucket that the specified instance type belongs to. Please visit "
            "http://aws.amazon.com/contact-us/ec2-request to request an adjustment to this limit.",
        )


def _cluster(eks: Any, *_: Any, **__: Any) -> None:
    if len(eks.clusters) >= limit("eks"):
        name = "ResourceLimitExceededException"
        kind: Any = type(name, (EKSError,), {"STATUS": 400, "TYPE": name})
        raise kind(message=f"Cluster limit exceeded: the account may have {limit('eks')} clusters.")


def _balancer(elb: Any, *_: Any, **__: Any) -> None:
    if len(elb.load_balancers) >= limit("alb"):
        raise ELBClientError("TooManyLoadBalancers", "The maximum number of load balancers has been reached.")


def _answer_service_quotas() -> None:
    get = ServiceQuotasBackend.get_service_quota

    def get_service_quota(self: Any, service_code: str, quota_code: str) -> dict[str, Any]:
        for quota in QUOTAS:
            if (quota.service, quota.code) == (service_code, quota_code):
                return _described(quota)
        answer: dict[str, Any] = get(self, service_code, quota_code)
        return answer

    ServiceQuotasBackend.get_service_quota = get_service_quota


def _described(quota: Quota) -> dict[str, Any]:
    return {
        "ServiceCode": quota.service,
        "QuotaCode": quota.code,
        "QuotaName": quota.title,
        "Value": float(limit(quota.word)),
        "Unit": "None",
        "Adjustable": True,
        "GlobalQuota": False,
    }
