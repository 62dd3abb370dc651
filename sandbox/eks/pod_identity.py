"""The EKS pod identity webhook (IRSA): pods whose service account names a role get a token and variables."""

from __future__ import annotations

import base64
import json
from typing import Any

from sandbox.eks.control_plane import ControlPlane

ANNOTATION = "eks.amazonaws.com/role-arn"
TOKEN_DIRECTORY = "/var/run/secrets/eks.amazonaws.com/serviceaccount"
AUDIENCE = "sts.amazonaws.com"


def register_webhook(plane: ControlPlane, ca_pem: bytes) -> None:
    """Tell the API server to ask for each new pod."""
    url = f"https://pod-identity-webhook.{plane.plan.region}.eks.amazonaws.com/{plane.plan.name}/mutate"
    plane.apply(
        "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations",
        {
            "apiVersion": "admissionregistration.k8s.io/v1",
            "kind": "MutatingWebhookConfiguration",
            "metadata": {"name": "pod-identity-webhook"},
            "webhooks": [
                {
                    "name": "iam-for-pods.amazonaws.com",
                    "clientConfig": {"url": url, "caBundle": base64.b64encode(ca_pem).decode()},
                    "rules": [
                        {
                            "apiGroups": [""],
                            "apiVersions": ["v1"],
                            "operations": ["CREATE"],
                            "resources": ["pods"],
                        }
                    ],
                    "failurePolicy": "Ignore",
                    "sideEffects": "None",
                    "admissionReviewVersions": ["v1"],
                    "timeoutSeconds": 5,
                }
            ],
        },
    )


def review(plane: ControlPlane, request: dict[str, Any]) -> dict[str, Any]:
    """The AdmissionReview answer for one AdmissionReview question."""
    review_request = request["request"]
    response: dict[str, Any] = {"uid": review_request["uid"], "allowed": True}
    pod = review_request["object"]
    role = _role(plane, review_request["namespace"], pod["spec"].get("serviceAccountName", "default"))
    if role:
        patch = _patch(pod, role, plane.plan.region)
        response.update(patchType="JSONPatch", patch=base64.b64encode(json.dumps(patch).encode()).decode())
    return {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": response}


def _role(plane: ControlPlane, namespace: str, account: str) -> str:
    try:
        found = plane.request(f"/api/v1/namespaces/{namespace}/serviceaccounts/{account}")
    except OSError:
        return ""
    return str(found["metadata"].get("annotations", {}).get(ANNOTATION, ""))


def _patch(pod: dict[str, Any], role: str, region: str) -> list[dict[str, Any]]:
    spec = pod["spec"]
    token = {"serviceAccountToken": {"audience": AUDIENCE, "expirationSeconds": 86400, "path": "token"}}
    volume = {"name": "aws-iam-token", "projected": {"sources": [token], "defaultMode": 420}}
    variables = [
        {"name": "AWS_STS_REGIONAL_ENDPOINTS", "value": "regional"},
        {"name": "AWS_DEFAULT_REGION", "value": region},
        {"name": "AWS_REGION", "value": region},
        {"name": "AWS_ROLE_ARN", "value": role},
        {"name": "AWS_WEB_IDENTITY_TOKEN_FILE", "value": f"{TOKEN_DIRECTORY}/token"},
    ]
    mount = {"name": "aws-iam-token", "mountPath": TOKEN_DIRECTORY, "readOnly": True}
    patch: list[dict[str, Any]] = [
        {"op": "add", "path": "/spec/volumes", "value": [*spec.get("volumes", []), volume]}
    ]
    for index, container in enumerate(spec["containers"]):
        path = f"/spec/containers/{index}"
        patch.append({"op": "add", "path": f"{path}/env", "value": [*container.get("env", []), *variables]})
        patch.append(
            {
                "op": "add",
                "path": f"{path}/volumeMounts",
                "value": [*container.get("volumeMounts", []), mount],
            }
        )
    if not spec.get("securityContext", {}).get("fsGroup"):
        patch.append(
            {
                "op": "add",
                "path": "/spec/securityContext",
                "value": {**spec.get("securityContext", {}), "fsGroup": 65534},
            }
        )
    return patch
