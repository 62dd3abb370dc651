"""Kubernetes role bindings for the groups of EKS access policies. On AWS an authorizer of EKS does this."""

from __future__ import annotations

from sandbox.eks.control_plane import ControlPlane
from sandbox.moto_patches.eks_access_entries import GROUPS

API = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings"


def bind_policy_groups(plane: ControlPlane) -> None:
    """Bind each group; the administrators' needs no binding."""
    for group in GROUPS.values():
        if not group.startswith("sandbox:"):
            continue
        role = {
            "apiGroup": "rbac.authorization.k8s.io",
            "kind": "ClusterRole",
            "name": group.partition(":")[2],
        }
        subject = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": group}
        binding = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding"}
        plane.apply(API, {**binding, "metadata": {"name": group}, "roleRef": role, "subjects": [subject]})
