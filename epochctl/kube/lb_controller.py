"""The AWS Load Balancer Controller in the cluster: its names, and whether it admits an Ingress."""

from __future__ import annotations

from epochctl.kube import Kube
from epochctl.workflow.waiting import Pending, Ready

NAMESPACE = "kube-system"
NAME = "aws-load-balancer-controller"  # of release, chart, Deployment and service account
SELECTOR = f"app.kubernetes.io/name={NAME}"
WEBHOOK_SERVICE = "aws-load-balancer-webhook-service"
WEBHOOKS = "aws-load-balancer-webhook"
API_GROUPS = (
    "elbv2.k8s.aws",
    "gateway.k8s.aws",
    "aga.k8s.aws",
)  # not vpcresources.k8s.aws: that is EKS's own
CLUSTER_TAG = "elbv2.k8s.aws/cluster"
STALL = 60.0  # seconds without any change after which a controller that seems alive counts as dead


def is_serving(kube: Kube) -> bool:
    """Return whether a controller answers webhooks."""
    return bool(kube.ready_endpoints(NAMESPACE, WEBHOOK_SERVICE))


def admission_error(kube: Kube) -> str:
    """Return why an Ingress would not be admitted now; "" where it would."""
    if not is_serving(kube):
        return f"webhook service {WEBHOOK_SERVICE} has no ready endpoint: {_absence(kube)}"
    answer = kube.dry_run_ingress(NAMESPACE)
    return f"a trial Ingress is not admitted: {answer}" if answer else ""


def probe_admission(kube: Kube) -> Ready[None] | Pending:
    """Return whether an Ingress is admitted now, for a wait."""
    cause = admission_error(kube)
    return Pending(cause) if cause else Ready(None)


def _absence(kube: Kube) -> str:
    """Return why no pod of the controller answers."""
    state = kube.deployment(NAMESPACE, NAME)
    if state is None:
        return f"there is no deployment {NAME} in {NAMESPACE}"
    if state.desired == 0:
        return f"deployment {NAME} was scaled to 0"
    troubles = [pod.trouble.message for pod in kube.pods(NAMESPACE, SELECTOR) if pod.trouble]
    return f"{state.available} of {state.desired} pods are available" + (
        f"; {troubles[0]}" if troubles else ""
    )
