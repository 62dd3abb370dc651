"""Service Quotas as on AWS: GetServiceQuota tells the limits in force here. moto knows those of VPCs alone.

Patches moto's answer; the limits, and the refusal of what would exceed them, are of `quotas`.
"""

from __future__ import annotations

from typing import Any

from sandbox.moto_patches import quotas


def install() -> None:
    """Patch moto's Service Quotas."""
    from moto.servicequotas.models import ServiceQuotasBackend

    told = ServiceQuotasBackend.get_service_quota

    def get_service_quota(self: Any, service_code: str, quota_code: str) -> dict[str, Any]:
        for quota in quotas.QUOTAS:
            if (quota.service, quota.code) == (service_code, quota_code):
                return _answer(quota)
        answer: dict[str, Any] = told(self, service_code, quota_code)
        return answer

    ServiceQuotasBackend.get_service_quota = get_service_quota


def _answer(quota: quotas.Quota) -> dict[str, Any]:
    return {
        "ServiceCode": quota.service,
        "QuotaCode": quota.code,
        "QuotaName": quota.title,
        "Value": float(quotas.limit(quota.word)),
        "Unit": "None",
        "Adjustable": True,
        "GlobalQuota": False,
    }
