"""What the access policies of EKS mean inside a cluster: their groups are bound to Kubernetes' own roles.

On AWS an authorizer of EKS's does this. Knows no entry.
"""

from __future__ import annotations

from sandbox.eks.control_plane import ControlPlane
from sandbox.moto_patches.eks_access_entries import GROUPS

API = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings"


def register(plane: ControlPlane) -> None:
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
