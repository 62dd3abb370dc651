"""EKS clusters and node groups: moto's API calls start and stop the real processes of sandbox.eks."""

from __future__ import annotations

from typing import Any

from moto.eks import models, responses

from sandbox.eks.clusters import Clusters
from sandbox.moto_patches import eks_access_entries, eks_addons, eks_cluster_versions, eks_updates
from sandbox.moto_patches.eks_updates import Updates


def install(clusters: Clusters) -> None:
    """Patch moto's EKS backend and its answers."""
    known = Updates()
    eks_updates.install(known)
    for added in (eks_access_entries, eks_addons, eks_cluster_versions):
        added.install()
    _patch_clusters(clusters)
    _patch_node_groups(clusters, known)


def _patch_clusters(clusters: Clusters) -> None:
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


def _patch_node_groups(clusters: Clusters, known: Updates) -> None:
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
