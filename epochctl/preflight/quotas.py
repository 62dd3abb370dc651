"""Checks that the quotas leave room for what `up` still has to create."""

from __future__ import annotations

from collections.abc import Iterator

from epochctl.aws.capacity import STANDARD_FAMILIES, Capacity, Usage
from epochctl.aws.quotas import ADDRESSES, CLUSTERS, NAT_GATEWAYS, STANDARD_VCPUS, VPCS, Quota, Quotas
from epochctl.config.settings import Settings
from epochctl.preflight.check_result import CheckResult, fail, ok, warn

ZONES = 3  # as many as terraform/modules/network uses
UNUSED = Usage(0, 0)


class QuotaChecks:
    """One check for each quota."""

    def __init__(self, settings: Settings, quotas: Quotas, capacity: Capacity) -> None:
        self._cluster, self._quotas, self._capacity = settings.cluster, quotas, capacity

    def vpcs(self) -> Iterator[CheckResult]:
        """Check the VPCs of the region."""
        yield self._compare(VPCS, 1, self._capacity.vpcs())

    def addresses(self) -> Iterator[CheckResult]:
        """Check the Elastic IP addresses: each NAT gateway has one."""
        yield self._compare(ADDRESSES, self._gateways, self._capacity.addresses())

    def clusters(self) -> Iterator[CheckResult]:
        """Check the EKS clusters of the region."""
        yield self._compare(CLUSTERS, 1, self._capacity.clusters())

    def nat_gateways(self) -> Iterator[CheckResult]:
        """Check the zone that has the least room: the quota counts the gateways of a zone."""
        if wanted := self._gateways:
            used = self._capacity.nat_gateways()
            zones = self._capacity.zones().usable[:wanted] if used else ()
            fullest = max(zones, key=lambda zone: _used_by_others(used.get(zone, UNUSED)), default="")
            yield self._compare(NAT_GATEWAYS, 1, used.get(fullest, UNUSED), where=fullest)

    def vcpus(self) -> Iterator[CheckResult]:
        """Check the vCPUs of On-Demand instances; the largest of the instance types counts."""
        types = self._capacity.instance_types(self._cluster.instance_types)
        if types and all(each.name[0] in STANDARD_FAMILIES for each in types):
            wanted = self._cluster.nodes * max(each.vcpus for each in types)
            yield self._compare(STANDARD_VCPUS, wanted, self._capacity.standard_vcpus())
        elif types:
            family = ", ".join(each.name for each in types)
            yield warn(f"quota {STANDARD_VCPUS.title}", f"{family} have a quota of their own, not looked at")

    @property
    def _gateways(self) -> int:
        return {"none": 0, "single": 1, "per-az": ZONES}[self._cluster.nat]

    def _compare(self, quota: Quota, wanted: int, use: Usage, where: str = "") -> CheckResult:
        name, needed = f"quota {quota.title}", max(0, wanted - use.owned)
        if not needed:
            return ok(name, "nothing more is needed")
        limit = self._quotas.limit(quota)
        zone = f" in {where}" if where else ""
        free = max(0, limit.value - use.used)
        text = f"{needed} needed{zone}, {free} free ({use.used} of {limit.value} in use)"
        if limit.note:  # a default may have been raised: then there is more room than we know of
            return warn(name, f"{text}, if AWS's default is what you have ({limit.note})")
        return ok(name, text) if use.used + needed <= limit.value else fail(name, text, _increase(quota))


def _used_by_others(use: Usage) -> int:
    return use.used - use.owned


def _increase(quota: Quota) -> str:
    return (
        f"remove what is not used, or ask for more: aws service-quotas request-service-quota-increase "
        f"--service-code {quota.service} --quota-code {quota.code} --desired-value N"
    )
