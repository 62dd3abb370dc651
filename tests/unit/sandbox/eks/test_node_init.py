"""A node's configuration: who it is in the cluster, how its pods run, and what an ordinary user's lacks."""

from __future__ import annotations

import json
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest

from sandbox.eks import node_init

RESOURCES = {"cgroupsPath": "/pod", "resources": {"memory": {}}, "seccomp": {}, "namespaces": []}


@pytest.fixture
def node(tmp_path: Path) -> dict[str, Any]:
    return {
        "directory": str(tmp_path),
        "bin": str(tmp_path / "bin"),
        "instance_id": "i-0123456789abcdef0",
        "name": "ip-10-0-1-5.us-west-2.compute.internal",
        "region": "us-west-2",
        "zone": "us-west-2a",
        "instance_type": "t3.medium",
        "node_group": "default",
        "address": "10.0.1.5/16",
        "resolver": "10.0.0.2",
        "labels": [["team", "clocks"]],
        "kubeconfig": "/k",
        "control_groups": "/epoch-sandbox-default",
        "cluster_ca": "/ca.crt",
    }


@pytest.fixture(params=[True, False], ids=["root", "ordinary user"])
def rights(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    monkeypatch.setattr(node_init, "are_writable", lambda: request.param)
    return bool(request.param)


def test_the_node_is_the_instance(node: dict[str, Any]) -> None:
    config = node_init.kubelet_config(node)
    assert config["providerID"] == "aws:///us-west-2a/i-0123456789abcdef0"
    assert config["clusterDNS"] == ["10.0.0.2"]


def test_nobody_talks_to_the_kubelet_unknown(node: dict[str, Any]) -> None:
    config = node_init.kubelet_config(node)
    assert config["authentication"]["anonymous"] == {"enabled": False}
    assert config["authentication"]["x509"] == {"clientCAFile": "/ca.crt"}
    assert config["authorization"] == {"mode": "Webhook"}


def test_a_full_disk_of_the_host_evicts_nothing(node: dict[str, Any]) -> None:
    assert set(node_init.kubelet_config(node)["evictionHard"].values()) == {"0%"}


def test_the_kubelets_configuration_is_json(node: dict[str, Any]) -> None:
    assert json.loads(json.dumps(node_init.kubelet_config(node))) == node_init.kubelet_config(node)


def test_the_command_line_says_name_address_and_labels(node: dict[str, Any]) -> None:
    argv = node_init.kubelet_argv(node)
    assert f"--hostname-override={node['name']}" in argv
    assert "--node-ip=10.0.1.5" in argv
    (labels,) = [a for a in argv if a.startswith("--node-labels=")]
    assert "topology.kubernetes.io/zone=us-west-2a" in labels
    assert "eks.amazonaws.com/nodegroup=default" in labels
    assert "team=clocks" in labels


def test_containerd_runs_pods_through_our_runc_and_our_network(node: dict[str, Any], rights: bool) -> None:
    config = tomllib.loads(node_init.containerd_config(node))
    runtime = config["plugins"]["io.containerd.cri.v1.runtime"]
    runc = runtime["containerd"]["runtimes"]["runc"]["options"]["BinaryName"]
    assert Path(runc).stat().st_mode & 0o111
    assert runtime["cni"]["bin_dirs"] == [f"{node['directory']}/plugins"]
    assert config["plugins"]["io.containerd.cri.v1.images"]["pinned_images"]["sandbox"].startswith(
        "registry.k8s.io/"
    )


def test_limits_are_real_where_they_can_be(node: dict[str, Any], rights: bool, tmp_path: Path) -> None:
    node_init.containerd_config(node)
    bundle, seen = tmp_path / "bundle", tmp_path / "seen"
    for directory in (bundle, tmp_path / "bin"):
        directory.mkdir()
    (bundle / "config.json").write_text(json.dumps({"linux": RESOURCES}))
    runc = tmp_path / "bin" / "runc"
    runc.write_text(f'#!/bin/sh\necho "$@" > {seen}\n')
    runc.chmod(0o755)
    subprocess.run([tmp_path / "runc", "create", "--bundle", str(bundle), "id"], check=True, timeout=20)
    assert seen.read_text() == f"create --bundle {bundle} id\n"
    linux = json.loads((bundle / "config.json").read_text())["linux"]
    assert linux.get("cgroupsPath", "/epoch-sandbox-default/pod") == "/epoch-sandbox-default/pod"
    kept = set(linux)
    assert kept == ({"cgroupsPath", "resources", "namespaces"} if rights else {"namespaces"})


def test_the_pods_network_is_the_nodes_own_bridge(node: dict[str, Any], tmp_path: Path) -> None:
    node_init._write_cni(node)
    (plugin,) = json.loads((tmp_path / "cni" / "10-vpc.conflist").read_text())["plugins"]
    assert plugin["bridge"] == "vpc"
    assert plugin["ipam"] == {"type": "epoch-ipam", "instance": "i-0123456789abcdef0"}
