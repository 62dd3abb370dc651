"""The service's chart: where it stands, with which values, in which namespace.

Reads the chart's files; knows nothing of the cluster's state.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from epochctl.config import package_files
from epochctl.config.settings import Settings
from epochctl.outputs import Certificate, PushedImage
from epochctl.tools.helm import chart_digest

DIRECTORY = package_files.find("charts/epoch")
CHART_ANNOTATION = (
    "epochctl/chart"  # an edited chart of the same version makes other values, hence another revision
)
SECRETS_ANNOTATION = "epochctl/secrets"  # a Secret that changed makes other pods: a pod reads it once
NAMESPACE_LABELS = {
    # Before the first pod: a pod gets its readiness gate when it is made, or never.
    "elbv2.k8s.aws/pod-readiness-gate-inject": "enabled",
    "pod-security.kubernetes.io/enforce": "restricted",
}


def values(
    settings: Settings,
    region: str,
    image: PushedImage,
    certificate: Certificate,
    chart: Path,
    secrets: str = "",
) -> dict[str, Any]:
    """What the chart is given; everything else is the chart's own default. secrets: a mark of them."""
    service = settings.service
    annotations = {CHART_ANNOTATION: chart_digest(chart)} | ({SECRETS_ANNOTATION: secrets} if secrets else {})
    return {
        "image": {"repository": image.repository, "digest": image.digest, "tag": image.tag},
        "region": region,
        "replicas": service.replicas,
        "hostname": settings.hostname,
        "certificateArn": certificate.arn,
        "port": service.port,
        "healthPath": service.health_path,
        "startSeconds": service.start_seconds,
        "env": dict(service.env),
        "secrets": list(service.secrets),
        "resources": {
            "requests": {"cpu": service.cpu, "memory": service.memory},
            "limits": {"cpu": service.cpu_limit, "memory": service.memory_limit},
        },
        "networkPolicy": {"egress": bool(service.image)},  # ours asks nobody for anything
        "podAnnotations": annotations,
    }


def mark(versions: Sequence[str]) -> str:
    """Of the Secrets in use: another one whenever any of them changes; "" where there are none."""
    return hashlib.sha256("\0".join(versions).encode()).hexdigest()[:16] if versions else ""


def selector(release: str) -> str:
    """Finds the pods of a release."""
    return f"app.kubernetes.io/name={release},app.kubernetes.io/instance={release}"
