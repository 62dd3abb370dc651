"""A node: an EC2 instance as a network namespace on the VPC's bridge, with a kubelet in it."""

from __future__ import annotations

import json
import os
import shutil
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from sandbox.eks import node_plugins
from sandbox.eks.control_plane import ControlPlane
from sandbox.network import iproute
from sandbox.network.addresses import AWS_ADDRESS, CONTROL_API_PORT
from sandbox.paths import Paths
from sandbox.process.control_groups import parent_group
from sandbox.process.supervised_process import SupervisedProcess


@dataclass(frozen=True)
class NodePlan:
    """What a node is made from. address with prefix length of the VPC; router and resolver are the VPC's."""

    instance_id: str
    name: str
    region: str
    zone: str
    instance_type: str
    cluster: str
    node_group: str
    address: str
    router: str
    resolver: str
    bridge: str
    labels: tuple[tuple[str, str], ...] = ()
    admitted: bool = True

    @property
    def namespace(self) -> str:
        return self.instance_id

    @property
    def group(self) -> tuple[str, str, str]:
        """Region, cluster and node group that it belongs to: names are used again in every region."""
        return self.region, self.cluster, self.node_group

    @property
    def link(self) -> str:
        return "n" + self.instance_id[-12:]


class Node:
    """One running instance."""

    def __init__(self, plan: NodePlan, control_plane: ControlPlane, paths: Paths) -> None:
        self.plan = plan
        self._control_plane = control_plane
        self._paths = paths
        self._directory = paths.live / "nodes" / plan.instance_id
        self._process: SupervisedProcess | None = None

    def start(self) -> None:
        """Boot; returns at once: the node object becomes Ready in the cluster by itself."""
        self._create_network()
        self._write()
        # A process-id namespace of its own: when the machine ends, its pods end, as on EC2.
        argv = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
        self._process = SupervisedProcess(
            f"node-{self.plan.instance_id}",
            [*argv, sys.executable, "-m", "sandbox.eks.node_init", str(self._directory / "node.json")],
            logs=self._paths.logs,
            env={**self._paths.environment(), "PYTHONPATH": str(Path(__file__).resolve().parents[2])},
            namespace=self.plan.namespace,
        ).start()

    def stop(self) -> None:
        """Power off and unplug; already off is success."""
        if self._process is not None:
            self._process.stop(grace=3)
        iproute.delete_link(self.plan.link)
        iproute.delete_namespace(self.plan.namespace)
        shutil.rmtree(self._directory, ignore_errors=True)

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.alive

    def _create_network(self) -> None:
        plan = self.plan
        iproute.create_namespace(plan.namespace)
        iproute.connect_to_bridge(plan.namespace, plan.link, plan.bridge)
        # Pods hang on their node's wire, with addresses of the same VPC: that is what the VPC CNI gives them.
        for arguments in (
            ("link", "add", "vpc", "type", "bridge"),
            ("link", "set", "eth0", "master", "vpc", "up"),
            ("address", "add", plan.address, "dev", "vpc"),
            ("link", "set", "vpc", "up"),
            ("route", "add", "default", "via", plan.router),
        ):
            iproute.ip_in_namespace(plan.namespace, *arguments)

    def _write(self) -> None:
        plan, directory = self.plan, self._directory
        directory.mkdir(parents=True, exist_ok=True)
        node_plugins.write(
            directory / "plugins", f"http://{AWS_ADDRESS}:{CONTROL_API_PORT}/nodes/{plan.region}"
        )
        for name in ("bridge", "loopback"):
            os.symlink(self._paths.bin / name, directory / "plugins" / name)
        (directory / "resolv.conf").write_text(f"nameserver {plan.resolver}\noptions ndots:1\n")
        (directory / "credential-provider.json").write_text(node_plugins.credential_provider_config())
        user, group = f"system:node:{plan.name}", "system:nodes"
        if not plan.admitted:
            user, group = f"unauthorized:{plan.name}", "unauthorized"
        kubeconfig = self._control_plane.kubeconfig(user, group)
        description = {
            **asdict(plan),
            "directory": str(directory),
            "bin": str(self._paths.bin),
            "kubeconfig": str(kubeconfig),
            "control_groups": parent_group(self._paths.state),
            "cluster_ca": str(self._control_plane.directory / "pki" / "ca.crt"),
        }
        (directory / "node.json").write_text(json.dumps(description))
