"""EKS as on AWS: patches that tie moto's clusters and node groups to the real processes of sandbox.eks.

Starts nothing itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.moto_patches import eks_access_entries, eks_addons, eks_cluster_versions, eks_updates
from sandbox.moto_patches.eks_updates import Updates

if TYPE_CHECKING:
    from sandbox.eks.clusters import Clusters


def install(clusters: Clusters) -> None:
    """Patch moto's EKS backend and its answers."""
    from moto.eks import models, responses

    known = Updates()
    eks_updates.install(known)
    for added in (eks_access_entries, eks_addons, eks_cluster_versions):
        added.install()
    _patch_clusters(clusters, models, responses)
    _patch_groups(clusters, known, models)


def _patch_clusters(clusters: Clusters, models: Any, responses: Any) -> None:
    answer = responses.EKSResponse.create_cluster
    delete = models.EKSBackend.delete_cluster

    def create_cluster(self: Any) -> Any:
        result = answer(self)
        cluster = self.eks_backend.clusters[self._get_param("name")]
        config = self._get_param("accessConfig") or {}
        cluster.access_config = {
            "authenticationMode": config.get("authenticationMode", "CONFIG_MAP"),
            "bootstrapClusterCreatorAdminPermissions": config.get(
                "bootstrapClusterCreatorAdminPermissions", True
            ),
        }
        cluster.upgrade_policy = self._get_param("upgradePolicy") or {"supportType": "EXTENDED"}
        clusters.create(self.region, cluster, self.headers.get("Authorization", ""))
        return result

    def delete_cluster(self: Any, name: str) -> Any:
        deleted = delete(self, name)
        clusters.delete(self.region_name, deleted)
        return deleted

    responses.EKSResponse.create_cluster = create_cluster
    models.EKSBackend.delete_cluster = delete_cluster


def _patch_groups(clusters: Clusters, known: Updates, models: Any) -> None:
    create, update = models.EKSBackend.create_nodegroup, models.EKSBackend.update_nodegroup_config
    delete = models.EKSBackend.delete_nodegroup

    def create_nodegroup(self: Any, cluster_name: str, **kwargs: Any) -> Any:
        group = create(self, cluster_name=cluster_name, **kwargs)
        if not kwargs.get("remote_access"):  # moto invents a key pair
            group.remote_access = None
            group.resources.pop("remoteAccessSecurityGroup", None)
        clusters.create_node_group(self.region_name, self.clusters[cluster_name], group)
        return group

    def update_nodegroup_config(self: Any, cluster_name: str, nodegroup_name: str, **kwargs: Any) -> Any:
        result = update(self, cluster_name=cluster_name, nodegroup_name=nodegroup_name, **kwargs)
        cluster = self.clusters[cluster_name]

        def scale() -> None:
            clusters.scale(self.region_name, cluster, cluster.nodegroups[nodegroup_name])

        return known.begin("ConfigUpdate", scale, tuple(result["params"]))

    def delete_nodegroup(self: Any, cluster_name: str, nodegroup_name: str) -> Any:
        group = self.describe_nodegroup(cluster_name, nodegroup_name)
        if group.status != "DELETING":
            clusters.delete_node_group(
                self.region_name,
                self.clusters[cluster_name],
                group,
                lambda: delete(self, cluster_name, nodegroup_name),
            )
        return group

    models.EKSBackend.create_nodegroup = create_nodegroup
    models.EKSBackend.update_nodegroup_config = update_nodegroup_config
    models.EKSBackend.delete_nodegroup = delete_nodegroup


def node_group_issue(error: Exception) -> dict[str, Any]:
    """Why a node group failed, as EKS says it: a launch that EC2 refused, or nodes that did not join."""
    code = getattr(error, "code", None)
    if isinstance(code, str):
        message = f"Could not launch On-Demand Instances. {code} - {getattr(error, 'message', error)}"
        return {"code": "AsgInstanceLaunchFailures", "message": message[:600], "resourceIds": []}
    return {"code": "NodeCreationFailure", "message": str(error)[:300], "resourceIds": []}
