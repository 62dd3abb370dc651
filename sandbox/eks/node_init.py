"""Process 1 of a node: private mounts, then containerd, then the kubelet. The node and its pods end with it.

Runs inside the node's namespaces. Its one argument is the JSON file that sandbox.eks.node writes.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from sandbox.process.control_groups import are_writable

PRIVATE_MOUNTS = (
    "/run",
    "/var/lib",
    "/var/log",
)  # the host's own containerd and kubelet, if any, must not be seen


def main() -> int:
    node: dict[str, Any] = json.loads(Path(sys.argv[1]).read_text())
    directory = Path(node["directory"])
    _mount(directory)
    (directory / "containerd.toml").write_text(containerd_config(node))
    (directory / "kubelet.json").write_text(json.dumps(kubelet_config(node)))
    _write_cni(node)
    containerd = subprocess.Popen([f"{node['bin']}/containerd", "-c", str(directory / "containerd.toml")])
    _wait_for(Path("/run/containerd/containerd.sock"), containerd)
    kubelet = subprocess.Popen(kubelet_argv(node))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    return _reap({containerd.pid, kubelet.pid})


def _mount(directory: Path) -> None:
    for path in PRIVATE_MOUNTS:
        subprocess.run(["mount", "-t", "tmpfs", "tmpfs", path], check=True)
    for path in (
        "/run/containerd",
        "/var/lib/kubelet",
        "/var/lib/containerd",
        "/var/log/pods",
        "/var/log/containers",
    ):
        Path(path).mkdir(parents=True, exist_ok=True)
    resolver = Path(os.path.realpath("/etc/resolv.conf"))
    resolver.parent.mkdir(parents=True, exist_ok=True)
    resolver.touch()
    subprocess.run(["mount", "--bind", str(directory / "resolv.conf"), str(resolver)], check=True)


def _wait_for(socket: Path, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 30
    while not socket.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            raise SystemExit(f"containerd did not start (code {process.poll()})")
        time.sleep(0.05)


def _reap(essential: set[int]) -> int:
    """Wait for whatever ends; when containerd or the kubelet does, so does the machine."""
    while True:
        pid, status = os.wait()
        if pid in essential:
            return os.waitstatus_to_exitcode(status) or 1


def containerd_config(node: dict[str, Any]) -> str:
    """containerd's configuration, TOML: overlayfs, the VPC's CNI, runc through the wrapper."""
    runc = _write_runc_wrapper(node, () if are_writable() else ("cgroupsPath", "resources"))
    return f"""version = 3
root = "/var/lib/containerd"
state = "/run/containerd"
[grpc]
  address = "/run/containerd/containerd.sock"
[plugins."io.containerd.cri.v1.images"]
  snapshotter = "overlayfs"
  [plugins."io.containerd.cri.v1.images".pinned_images]
    sandbox = "registry.k8s.io/pause:3.10"
[plugins."io.containerd.cri.v1.runtime"]
  disable_apparmor = true
  restrict_oom_score_adj = true
  disable_hugetlb_controller = true
  [plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc.options]
      BinaryName = "{runc}"
  [plugins."io.containerd.cri.v1.runtime".cni]
    bin_dirs = ["{node["directory"]}/plugins"]
    conf_dir = "{node["directory"]}/cni"
"""


_WRAPPER = """#!{python} -IS
import json, os, sys
arguments = sys.argv[1:]
if "create" in arguments and "--bundle" in arguments:
    path = os.path.join(arguments[arguments.index("--bundle") + 1], "config.json")
    with open(path) as file:
        config = json.load(file)
    for key in {dropped!r}:
        config["linux"].pop(key, None)
    if "cgroupsPath" in config["linux"]:
        config["linux"]["cgroupsPath"] = "{groups}/" + os.path.basename(config["linux"]["cgroupsPath"])
    with open(path, "w") as file:
        json.dump(config, file)
if "cgroupsPath" in {dropped!r}:
    os.environ["USER"] = "rootless"
os.execv("{runc}", ["runc", *arguments])
"""


def _write_runc_wrapper(node: dict[str, Any], dropped: tuple[str, ...]) -> str:
    """A runc that takes out of each bundle what is not to be had here.

    seccomp: our runc is built without libseccomp. cgroupsPath and resources: an ordinary
    user may not make control groups.
    """
    path = Path(node["directory"]) / "runc"
    source = _WRAPPER.format(
        python=sys.executable,
        runc=f"{node['bin']}/runc",
        dropped=("seccomp", *dropped),
        groups=node["control_groups"],
    )
    path.write_text(source)
    path.chmod(0o755)
    return str(path)


def _write_cni(node: dict[str, Any]) -> None:
    directory = Path(node["directory"]) / "cni"
    directory.mkdir(exist_ok=True)
    bridge = {
        "type": "bridge",
        "bridge": "vpc",
        "isGateway": False,
        "ipMasq": False,
        "ipam": {"type": "epoch-ipam", "instance": node["instance_id"]},
    }
    (directory / "10-vpc.conflist").write_text(
        json.dumps({"cniVersion": "1.0.0", "name": "vpc", "plugins": [bridge]})
    )


def kubelet_config(node: dict[str, Any]) -> dict[str, Any]:
    """KubeletConfiguration for a node without cgroup management and with the VPC's resolver."""
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": True},
            "x509": {"clientCAFile": node["cluster_ca"]},
        },
        "authorization": {"mode": "Webhook"},
        "featureGates": {"KubeletInUserNamespace": True},
        "cgroupDriver": "cgroupfs",
        "cgroupsPerQOS": False,
        "enforceNodeAllocatable": [],
        "failCgroupV1": False,
        "failSwapOn": False,
        "localStorageCapacityIsolation": False,
        "evictionHard": {"nodefs.available": "0%", "imagefs.available": "0%", "memory.available": "0%"},
        "imageGCHighThresholdPercent": 100,
        "makeIPTablesUtilChains": False,
        "containerRuntimeEndpoint": "unix:///run/containerd/containerd.sock",
        "clusterDNS": [node["resolver"]],
        "clusterDomain": "cluster.local",
        "providerID": f"aws:///{node['zone']}/{node['instance_id']}",
        "maxPods": 17,
        "nodeStatusUpdateFrequency": "4s",
        "serializeImagePulls": False,
        "containerLogMaxSize": "2Mi",
    }


def kubelet_argv(node: dict[str, Any]) -> list[str]:
    """The kubelet's command line: who it is, its labels, where image credentials come from."""
    labels = {
        "topology.kubernetes.io/region": node["region"],
        "topology.kubernetes.io/zone": node["zone"],
        "node.kubernetes.io/instance-type": node["instance_type"],
        "eks.amazonaws.com/nodegroup": node["node_group"],
        **dict(node["labels"]),
    }
    return [
        f"{node['bin']}/kubelet",
        f"--kubeconfig={node['kubeconfig']}",
        f"--config={node['directory']}/kubelet.json",
        f"--hostname-override={node['name']}",
        f"--node-ip={node['address'].partition('/')[0]}",
        f"--node-labels={','.join(f'{key}={value}' for key, value in labels.items())}",
        f"--image-credential-provider-config={node['directory']}/credential-provider.json",
        f"--image-credential-provider-bin-dir={node['directory']}/plugins",
        "--v=1",
    ]


if __name__ == "__main__":
    sys.exit(main())
