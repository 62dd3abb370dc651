"""The controller's chart: which one, and with which values. Pure.

Knows nothing of the cluster's state. Chart, controller and IAM policy (terraform's) change together.
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
    """What the chart is given."""
    return {
        "clusterName": infra.cluster_name,
        "region": infra.region,
        "vpcId": infra.vpc_id,
        "replicaCount": min(2, settings.cluster.nodes),
        "defaultTargetType": "ip",
        # Its webhook on every Service would make Services impossible to create while the controller is dead,
        # and no Service of ours asks for a load balancer.
        "enableServiceMutatorWebhook": False,
        # Else every upgrade makes a new certificate, and the webhook fails until all replicas have it.
        "keepTLSSecret": True,
        # Asked about for each load balancer, used by none of ours.
        "enableShield": False,
        "enableWaf": False,
        "enableWafv2": False,
        "serviceAccount": _service_account(settings, infra),
        "resources": {"requests": {"cpu": "50m", "memory": "128Mi"}, "limits": {"memory": "512Mi"}},
        "readinessProbe": {"initialDelaySeconds": 1, "periodSeconds": 3},
    }


def account(settings: Settings, region: str) -> ServiceAccount:
    """The service account and role that eksctl makes; the policy is terraform's to name."""
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
