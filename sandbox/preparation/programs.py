"""The programs of the sandbox: name, command that prints the version, and accepted versions."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from sandbox.preparation.command import output_of

Version = tuple[int, ...]


@dataclass(frozen=True)
class Program:
    """A binary in the toolbox.

    version_arguments: the arguments that make it print its version. They are empty if it cannot, or if its
    name means another program on PATH; PATH is not searched then. Versions from `oldest` up to, but not
    including, `below` are accepted.
    """

    name: str
    version_arguments: tuple[str, ...] = ()
    oldest: Version = ()
    below: Version = ()

    def version(self, path: Path) -> Version | None:
        """What the program at `path` says it is; None where it does not say."""
        match = re.search(
            r"(?:\bv|: |\s|^|\")(\d+)\.(\d+)\.(\d+)", output_of([str(path), *self.version_arguments])
        )
        return tuple(int(part) for part in match.groups()) if match else None

    def admits(self, version: Version | None) -> bool:
        return version is not None and self.oldest <= version < self.below

    def version_range(self) -> str:
        return f"{format_version(self.oldest)} up to, not including, {format_version(self.below)}"


def format_version(version: Version) -> str:
    return ".".join(map(str, version))


def _kubernetes(name: str) -> Program:
    return Program(name, ("--version",), (1, 35, 0), (1, 36))


# What Go builds, in the order of go.mod's tool lines.
GO_PROGRAMS = (
    Program("containerd", ("--version",), (2, 2, 1), (2, 3)),
    Program("containerd-shim-runc-v2", ("-v",), (2, 2, 1), (2, 3)),
    Program("ctr", ("--version",), (2, 2, 1), (2, 3)),
    Program("bridge"),  # iproute2 has a bridge of its own
    Program("loopback"),
    Program("crane", ("version",), (0, 19, 1), (1,)),
    Program("runc", ("--version",), (1, 1, 5), (2,)),
    Program("etcd", ("--version",), (3, 6, 0), (3, 7)),
    _kubernetes("kube-apiserver"),
    _kubernetes("kube-controller-manager"),
    _kubernetes("kube-scheduler"),
    _kubernetes("kubelet"),
    Program("aws-load-balancer-controller"),
)
HELM = Program("helm", ("version", "--short"), (3, 17, 0), (5,))
KUBECTL = Program("kubectl", ("version", "--client"), (1, 34, 0), (1, 37))
TERRAFORM = Program("terraform", ("version",), (1, 10, 0), (2,))
PROGRAMS = (*GO_PROGRAMS, HELM, KUBECTL, TERRAFORM)
