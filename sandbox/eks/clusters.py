"""EKS clusters: the API's calls start and stop control planes and nodes.

States in moto's EKS follow the real processes.
"""

from __future__ import annotations

import base64
import contextlib
import ipaddress
import logging
import threading
import time
import urllib.error
from typing import Any

from moto.ec2.exceptions import DependencyViolationError

from sandbox.eks import pod_identity, rbac
from sandbox.eks.cluster_plan import ClusterPlan
from sandbox.eks.control_plane import ControlPlane
from sandbox.eks.node import Node, NodePlan
from sandbox.errors import SandboxError
from sandbox.moto_patches import delays, ec2_instances, eks_access_entries
from sandbox.moto_patches.backends import ACCOUNT, MOTO_LOCK, backend
from sandbox.moto_patches.identity import access_key_of, caller
from sandbox.moto_patches.pod_addresses import PodAddresses
from sandbox.network import iproute
from sandbox.network.vpc import VpcNetworks
from sandbox.paths import Paths

NODE_SECONDS = 120.0
CONSOLE_LENGTH = 32_000  # characters, as EC2 keeps 64 KB
log = logging.getLogger("clusters")


class Clusters:
    """Every control plane and node of the instance, by region and name."""

    def __init__(self, paths: Paths, vpcs: VpcNetworks) -> None:
        self._paths = paths
        self._vpcs = vpcs
        self._planes: dict[tuple[str, str], ControlPlane] = {}
        self._nodes: dict[str, Node] = {}
        self._cluster_count = 0
        self.admits_nodes = True
        self._addresses: dict[str, PodAddresses] = {}

    # Lookups

    def control_plane(self, region: str, name: str) -> ControlPlane | None:
        return self._planes.get((region, name))

    def control_planes(self, region: str) -> list[ControlPlane]:
        """Every control plane of the region."""
        return [plane for (where, _), plane in list(self._planes.items()) if where == region]

    def kubernetes_groups(self, region: str, name: str, arn: str) -> list[str] | None:
        """The Kubernetes groups of a caller, by the cluster's access entries; None: it is not known there."""
        cluster = backend("eks", region).clusters.get(name)
        return eks_access_entries.groups_of(cluster, arn) if cluster is not None else None

    def addresses(self, region: str) -> PodAddresses:
        return self._addresses.setdefault(region, PodAddresses(region))

    def assign_address(self, region: str, instance_id: str, container: str) -> tuple[str, str]:
        """An address for a pod on that instance, and its router; from then on packets find it."""
        address, router = self.addresses(region).assign(instance_id, container)
        node = self._nodes.get(instance_id)
        if node is not None:
            iproute.route_host(address.partition("/")[0], node.plan.bridge)
        return address, router

    def cluster_address(self, host: str) -> str | None:
        """Address of the API server whose endpoint's host name that is."""
        planes = list(self._planes.values())
        return next((plane.plan.address for plane in planes if plane.plan.endpoint_host == host), None)

    def instance_address(self, host: str) -> str | None:
        """Address in ip-10-0-1-2.<region>.compute.internal."""
        label = host.partition(".")[0].removeprefix("ip-").replace("-", ".")
        try:
            return str(ipaddress.ip_address(label))
        except ValueError:
            return None

    def console(self, instance_id: str) -> str:
        """The end of what a machine has printed; "" where there is none of that id."""
        path = self._paths.logs / f"node-{instance_id}.log"
        return path.read_text(errors="replace")[-CONSOLE_LENGTH:] if path.exists() else ""

    def public_key(self, issuer: str) -> str | None:
        """The PEM that signs service account tokens of that issuer."""
        return next(
            (p.signing_public_key for p in list(self._planes.values()) if p.plan.issuer == issuer), None
        )

    def by_issuer(self, issuer: str) -> ControlPlane | None:
        return next((p for p in list(self._planes.values()) if p.plan.issuer == issuer), None)

    # What the API calls do

    def create(self, region: str, cluster: Any, authorization: str) -> None:
        """CreateCluster was called: the control plane starts beside the answer."""
        with MOTO_LOCK:
            self._cluster_count += 1
            number = self._cluster_count
        identifier = cluster.arn.encode().hex().upper()[-24:] + f"{number:08X}"
        block = ipaddress.ip_network(
            cluster.kubernetes_network_config.get("serviceIpv4Cidr", "172.20.0.0/16")
        )
        plan = ClusterPlan(
            name=cluster.name,
            region=region,
            number=number,
            service_cidr=str(block),
            service_address=str(block[1]),
            issuer=f"https://oidc.eks.{region}.amazonaws.com/id/{identifier}",
            endpoint_host=f"{identifier.lower()}.gr7.{region}.eks.amazonaws.com",
        )
        cluster.status = "CREATING"
        cluster.endpoint = f"https://{plan.endpoint_host.replace(identifier.lower(), identifier)}"
        cluster.identity = {"oidc": {"issuer": plan.issuer}}
        cluster.kubernetes_network_config = {"serviceIpv4Cidr": str(block), "ipFamily": "ipv4"}
        known = caller(access_key_of(authorization, ""))
        eks_access_entries.create_default_entries(cluster, known.arn if known else "")
        plane = ControlPlane(plan, self._paths)
        cluster.certificate_authority = {"data": base64.b64encode(plane.authority.certificate_pem).decode()}
        _create_security_group(region, cluster)
        self._planes[region, cluster.name] = plane
        _in_background(f"create-{cluster.name}", self._start, plane, cluster)

    def _start(self, plane: ControlPlane, cluster: Any) -> None:
        began = time.monotonic()
        try:
            plane.start()
            rbac.bind_policy_groups(plane)
            pod_identity.register_webhook(plane, self._paths.ca_bundle.read_bytes())
            delays.wait_until_done("cluster", began)
            cluster.status = "ACTIVE"
        except (SandboxError, OSError) as error:
            log.error("cluster %s: %s", cluster.name, error)
            cluster.status = "FAILED"

    def delete(self, region: str, cluster: Any) -> None:
        """DeleteCluster was called."""
        plane = self._planes.pop((region, cluster.name), None)
        group = cluster.resources_vpc_config.get("clusterSecurityGroupId", "")
        if group:
            # EKS leaves a group in use behind without an error.
            with MOTO_LOCK, contextlib.suppress(DependencyViolationError):
                backend("ec2", region).delete_security_group(group_id=group)
        if plane is not None:
            _in_background(f"delete-{cluster.name}", plane.stop)

    def create_node_group(self, region: str, cluster: Any, group: Any) -> None:
        """CreateNodegroup was called: its instances boot beside the answer."""
        group.status = "CREATING"
        group.version = cluster.version
        group.release_version = f"{cluster.version}.0-20260501"
        eks_access_entries.create_default_entries(cluster, "", node_role=group.node_role)
        _in_background(f"boot-{group.nodegroup_name}", self._boot, region, cluster, group)

    def _boot(self, region: str, cluster: Any, group: Any) -> None:
        began = time.monotonic()
        try:
            self.scale(region, cluster, group)
            delays.wait_until_done("node group", began)
            group.status = "ACTIVE"
        except Exception as error:
            log.exception("node group %s", group.nodegroup_name)
            group.status = "CREATE_FAILED"
            group.health = {"issues": [ec2_instances.node_group_issue(error)]}

    def scale(self, region: str, cluster: Any, group: Any) -> None:
        """Boot or end instances until there are as many as desired, then wait until all are Ready."""
        wanted = int(group.scaling_config.get("desiredSize", 2))
        present = self._nodes_of(region, cluster, group)
        for node in present[wanted:]:
            self._terminate(region, cluster.name, node)
        for index in range(len(present), wanted):
            self._launch(region, cluster, group, index)
        plane = self._planes[region, cluster.name]
        deadline = time.monotonic() + NODE_SECONDS
        waiting = {node.plan.name for node in self._nodes_of(region, cluster, group)}
        while waiting:
            waiting -= {name for name in waiting if _is_ready(plane, name)}
            if time.monotonic() > deadline:
                raise SandboxError(f"nodes did not join the cluster: {', '.join(sorted(waiting))}")
            time.sleep(0.2)

    def _nodes_of(self, region: str, cluster: Any, group: Any) -> list[Node]:
        whose = (region, cluster.name, group.nodegroup_name)
        return [node for node in list(self._nodes.values()) if node.plan.group == whose]

    def _launch(self, region: str, cluster: Any, group: Any, index: int) -> None:
        subnet_id = group.subnets[index % len(group.subnets)]
        with MOTO_LOCK:
            instance = ec2_instances.launch(region, subnet_id, cluster, group)
            subnet = backend("ec2", region).get_subnet(subnet_id)
        network = self._vpcs.network(region, subnet.vpc_id)
        address = instance.private_ip
        plan = NodePlan(
            instance_id=instance.id,
            name=f"ip-{address.replace('.', '-')}.{region}.compute.internal",
            region=region,
            zone=subnet.availability_zone,
            instance_type=instance.instance_type,
            cluster=cluster.name,
            node_group=group.nodegroup_name,
            address=f"{address}/{network.prefix}",
            router=network.router,
            resolver=network.resolver,
            bridge=network.bridge,
            labels=tuple((group.labels or {}).items()),
            admitted=self.admits_nodes,
        )
        iproute.route_host(address, network.bridge)
        self._planes[region, cluster.name].route_service_range(network.bridge)
        node = Node(plan, self._planes[region, cluster.name], self._paths)
        self._nodes[instance.id] = node
        node.start()

    def _terminate(self, region: str, cluster_name: str, node: Node) -> None:
        node.stop()
        self._nodes.pop(node.plan.instance_id, None)
        self.addresses(region).release_instance(node.plan.instance_id)
        with MOTO_LOCK:
            ec2_instances.terminate(region, node.plan.instance_id)
        plane = self._planes.get((region, cluster_name))
        if plane is not None and plane.running:
            _delete_node_object(plane, node.plan.name)

    def delete_node_group(self, region: str, cluster: Any, group: Any, forget: Any) -> None:
        """DeleteNodegroup was called: instances end beside the answer, then `forget()` removes it."""
        group.status = "DELETING"
        _in_background(f"end-{group.nodegroup_name}", self._terminate_group, region, cluster, group, forget)

    def _terminate_group(self, region: str, cluster: Any, group: Any, forget: Any) -> None:
        for node in self._nodes_of(region, cluster, group):
            self._terminate(region, cluster.name, node)
        vpc_id = cluster.resources_vpc_config.get("vpcId", "")
        self._vpcs.remove(vpc_id, in_use={node.plan.bridge for node in list(self._nodes.values())})
        forget()

    def stop(self) -> None:
        """End everything that runs, nodes first."""
        for node in list(self._nodes.values()):
            node.stop()
        for plane in list(self._planes.values()):
            plane.stop()


def _in_background(name: str, function: Any, *arguments: Any) -> None:
    threading.Thread(target=function, args=arguments, name=name, daemon=True).start()


def _create_security_group(region: str, cluster: Any) -> None:
    """The VPC of the cluster's subnets, and the cluster security group that EKS makes in it."""
    ec2 = backend("ec2", region)
    config = cluster.resources_vpc_config
    vpc_id = ec2.get_subnet(config["subnetIds"][0]).vpc_id
    name = f"eks-cluster-sg-{cluster.name}-{ACCOUNT}"
    with MOTO_LOCK:
        group = ec2.create_security_group(name, "EKS created security group", vpc_id=vpc_id)
        group.add_tags(
            {
                f"kubernetes.io/cluster/{cluster.name}": "owned",
                "aws:eks:cluster-name": cluster.name,
                "Name": name,
            }
        )
    config.update({"vpcId": vpc_id, "clusterSecurityGroupId": group.id})
    config.setdefault("endpointPublicAccess", True)
    config.setdefault("endpointPrivateAccess", False)
    config.setdefault("publicAccessCidrs", ["0.0.0.0/0"])


def _is_ready(plane: ControlPlane, name: str) -> bool:
    try:
        node = plane.request(f"/api/v1/nodes/{name}")
    except (OSError, ValueError):
        return False
    return any(c["type"] == "Ready" and c["status"] == "True" for c in node["status"].get("conditions", ()))


def _delete_node_object(plane: ControlPlane, name: str) -> None:
    """What the cloud controller manager does when an instance is gone."""
    try:
        plane.request(f"/api/v1/nodes/{name}", "DELETE")
    except (urllib.error.URLError, OSError):
        log.info("node object %s was not deleted", name)
