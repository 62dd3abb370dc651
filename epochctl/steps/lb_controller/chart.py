"""The controller's Helm chart and its values, and the service account that eksctl creates. Makes no requests.

Chart, controller and IAM policy (in terraform/) change together.
"""

from __future__ import annotations

from typing import Any

from epochctl.aws.iam import iam_prefix
from epochctl.config import versions
from epochctl.config.settings import Settings
from epochctl.kube.lb_controller import NAME, NAMESPACE
from epochctl.outputs import Infrastructure
from epochctl.tools.eksctl import ServiceAccount

REPOSITORY = "https://aws.github.io/eks-charts"
CHART_VERSION = versions.pin("lb_controller").version  # the controller's own version, too
VERSION = f"v{CHART_VERSION}"
FULL_CHART = f"{NAME}-{CHART_VERSION}"


def values(settings: Settings, infra: Infrastructure) -> dict[str, Any]:
    """Return the chart's values."""
    return {
        "clusterName": infra.cluster_name,
        "region": infra.region,
        "vpcId": infra.vpc_id,
        "replicaCount": min(2, settings.cluster.nodes),
        "defaultTargetType": "ip",
        # A webhook on every Service would make it impossible to create Services while the controller is dead,
        # and the chart of the service asks for no load balancer by a Service.
        "enableServiceMutatorWebhook": False,
        # Else every upgrade creates a new certificate, and the webhook fails until all replicas have it.
        "keepTLSSecret": True,
        # The controller would query these for each load balancer; epochctl uses none of them.
        "enableShield": False,
        "enableWaf": False,
        "enableWafv2": False,
        "serviceAccount": _service_account(settings, infra),
        "resources": {"requests": {"cpu": "50m", "memory": "128Mi"}, "limits": {"memory": "512Mi"}},
        "readinessProbe": {"initialDelaySeconds": 1, "periodSeconds": 3},
    }


def account(settings: Settings, region: str) -> ServiceAccount:
    """Return the service account and role that eksctl creates; terraform names the policy."""
    return ServiceAccount(
        cluster=settings.full_name,
        region=region,
        namespace=NAMESPACE,
        name=NAME,
        role_name=f"{iam_prefix(settings.full_name, region)}-lb-eksctl",  # IAM has no regions
        policy_arn="",
        tags=tuple(settings.region_tags(region).items()),
    )


def _service_account(settings: Settings, infra: Infrastructure) -> dict[str, Any]:
    if settings.lb_controller.identity == "eksctl":
        return {"create": False, "name": NAME}
    return {
        "create": True,
        "name": NAME,
        "annotations": {"eks.amazonaws.com/role-arn": infra.lb_controller_role_arn},
    }
