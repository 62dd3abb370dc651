"""Service Quotas: how many of a kind the account may have in a region.

Where the quotas may not be read, AWS's defaults are assumed.
"""

from __future__ import annotations

from dataclasses import dataclass

from epochctl.aws.session import Aws
from epochctl.errors import EpochctlError

ABSENT = ("NoSuchResourceException",)


@dataclass(frozen=True)
class Quota:
    """One quota; default: AWS's own, from the pages of Service Quotas, which an account may have raised."""

    title: str
    service: str
    code: str
    default: int


VPCS = Quota("VPCs", "vpc", "L-F678F1CE", 5)
NAT_GATEWAYS = Quota("NAT gateways", "vpc", "L-FE5A380F", 5)
ADDRESSES = Quota("elastic IPs", "ec2", "L-0263D0A3", 5)
CLUSTERS = Quota("EKS clusters", "eks", "L-1194D53C", 100)
STANDARD_VCPUS = Quota("standard vCPUs", "ec2", "L-1216C47A", 5)


@dataclass(frozen=True)
class Limit:
    """note: why it is only the default, "" where it was read."""

    value: int
    note: str = ""


class Quotas:
    """The quotas of one account in one region."""

    def __init__(self, aws: Aws) -> None:
        self._aws = aws

    def limit(self, quota: Quota) -> Limit:
        """Return the value in force; the default where no other is set, or where it may not be read."""
        codes = {"ServiceCode": quota.service, "QuotaCode": quota.code}
        try:
            answer = self._aws.find("service-quotas", "get_service_quota", absent=ABSENT, **codes)
        except EpochctlError as error:
            return Limit(quota.default, error.why.partition("\n")[0] or error.what)
        return Limit(int(answer["Quota"]["Value"]) if answer else quota.default)
