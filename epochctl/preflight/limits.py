"""Quotas minus use, against what is still to be made. What is ours already needs no room."""

from __future__ import annotations

from collections.abc import Iterator

from epochctl.aws.capacity import STANDARD_FAMILIES, Capacity, Usage
from epochctl.aws.quotas import ADDRESSES, CLUSTERS, NAT_GATEWAYS, STANDARD_VCPUS, VPCS, Quota, Quotas
from epochctl.config.settings import Settings
from epochctl.preflight.check_result import CheckResult, fail, ok, warn

ZONES = 3  # that terraform/modules/network uses
NOTHING = Usage(0, 0)


class QuotaChecks:
    """One question a quota."""

    def __init__(self, settings: Settings, quotas: Quotas, capacity: Capacity) -> None:
        self._cluster, self._quotas, self._capacity = settings.cluster, quotas, capacity

    def vpcs(self) -> Iterator[CheckResult]:
        yield self._fact(VPCS, 1, self._capacity.vpcs())

    def addresses(self) -> Iterator[CheckResult]:
        wanted = {"none": 0, "single": 1, "per-az": ZONES}[self._cluster.nat]
        yield self._fact(ADDRESSES, wanted, self._capacity.addresses())

    def clusters(self) -> Iterator[CheckResult]:
        yield self._fact(CLUSTERS, 1, self._capacity.clusters())

    def nat_gateways(self) -> Iterator[CheckResult]:
        """One a zone: the zone that has the least room decides."""
        wanted = {"none": 0, "single": 1, "per-az": ZONES}[self._cluster.nat]
        if wanted:
            used = self._capacity.nat_gateways()
            zones = self._capacity.zones().usable[:wanted] if used else ()
            fullest = max(zones, key=lambda zone: _others(used.get(zone, NOTHING)), default="")
            yield self._fact(NAT_GATEWAYS, 1, used.get(fullest, NOTHING), where=fullest)

    def vcpus(self) -> Iterator[CheckResult]:
        types = self._capacity.instance_types(self._cluster.instance_types)
        if types and all(each.name[0] in STANDARD_FAMILIES for each in types):
            wanted = self._cluster.nodes * max(each.vcpus for each in types)
            yield self._fact(STANDARD_VCPUS, wanted, self._capacity.standard_vcpus())
        elif types:
            family = ", ".join(each.name for each in types)
            yield warn(f"quota {STANDARD_VCPUS.title}", f"{family} have a quota of their own, not looked at")

    def _fact(self, quota: Quota, wanted: int, use: Usage, where: str = "") -> CheckResult:
        name, needed = f"quota {quota.title}", max(0, wanted - use.owned)
        if not needed:
            return ok(name, "nothing more is needed")
        limit = self._quotas.limit(quota)
        place = f" in {where}" if where else ""
        free = max(0, limit.value - use.used)
        words = f"{needed} needed{place}, {free} free ({use.used} of {limit.value} in use)"
        if limit.note:  # a default may have been raised: then there is more room than we know of
            return warn(name, f"{words}, if AWS's default is what you have ({limit.note})")
        return ok(name, words) if use.used + needed <= limit.value else fail(name, words, _more(quota))


def _others(use: Usage) -> int:
    return use.used - use.owned


def _more(quota: Quota) -> str:
    return (
        f"remove what is not used, or ask for more: aws service-quotas request-service-quota-increase "
        f"--service-code {quota.service} --quota-code {quota.code} --desired-value N"
    )
