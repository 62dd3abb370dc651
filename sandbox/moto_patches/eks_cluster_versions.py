"""EKS DescribeClusterVersions: the Kubernetes versions and the end of their support. moto has none.

The dates are AWS's calendar as read in 2026. Nothing else in the sandbox depends on them.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sandbox.moto_patches.eks_operations import Operation, add_operations

# version: release on EKS, end of standard support. https://docs.aws.amazon.com/eks/latest/userguide/kubernetes-versions.html
CALENDAR = {
    "1.32": ("2025-01-23", "2026-03-23"),
    "1.33": ("2025-05-29", "2026-07-29"),
    "1.34": ("2025-10-02", "2026-12-02"),
    "1.35": ("2026-01-27", "2027-03-27"),
    "1.36": ("2026-06-02", "2027-08-02"),
}
DEFAULT = "1.35"
EXTENDED = timedelta(days=365)


def install() -> None:
    """Add the operation."""
    add_operations(Operation("DescribeClusterVersions", "GET", "/cluster-versions", _describe))


def _describe(response: Any) -> dict[str, Any]:
    versions = response._get_param("clusterVersions") or []
    only_default = str(response._get_param("defaultOnly") or "").lower() == "true"
    status = response._get_param("versionStatus") or ""
    listed = [_version(name) for name in sorted(CALENDAR, reverse=True) if not versions or name in versions]
    return {
        "clusterVersions": [
            each
            for each in listed
            if (each["defaultVersion"] or not only_default) and status in ("", each["versionStatus"])
        ]
    }


def _version(name: str) -> dict[str, Any]:
    released, ends = (datetime.fromisoformat(date) for date in CALENDAR[name])
    standard = ends > datetime.now()
    return {
        "clusterVersion": name,
        "clusterType": "eks",
        "defaultPlatformVersion": "eks.1",
        "defaultVersion": name == DEFAULT,
        "releaseDate": released,
        "endOfStandardSupportDate": ends,
        "endOfExtendedSupportDate": ends + EXTENDED,
        "status": "STANDARD_SUPPORT" if standard else "EXTENDED_SUPPORT",
        "versionStatus": "STANDARD_SUPPORT" if standard else "EXTENDED_SUPPORT",
        "kubernetesPatchVersion": f"{name}.4",
    }
