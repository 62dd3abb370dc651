"""The service's Helm chart: its directory, its values, the labels of its namespace. Makes no requests."""

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
# An edited chart of the same version changes this value, hence makes another revision.
CHART_ANNOTATION = "epochctl/chart"
# A Secret that changed changes this value, hence replaces the pods: a pod reads a Secret once.
SECRETS_ANNOTATION = "epochctl/secrets"
NAMESPACE_LABELS = {
    # Before the first pod: the controller's webhook adds the readiness gate only when a pod is created.
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
    """Return the chart's values; all others keep the chart's defaults. secrets: `secrets_digest` of them."""
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
        "networkPolicy": {"egress": bool(service.image)},  # epochctl's own service opens no connections
        "podAnnotations": annotations,
    }


def secrets_digest(versions: Sequence[str]) -> str:
    """Return a digest that changes with any Secret's version, or "" where there are no Secrets."""
    return hashlib.sha256("\0".join(versions).encode()).hexdigest()[:16] if versions else ""


def selector(release: str) -> str:
    """Return the label selector of a release's pods."""
    return f"app.kubernetes.io/name={release},app.kubernetes.io/instance={release}"
