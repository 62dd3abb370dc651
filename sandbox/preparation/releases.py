"""Official release downloads, verified against the checksums that their projects publish.

Reachability of the hosts is decided once, so that not every program waits for a timeout.
"""

from __future__ import annotations

import hashlib
import io
import re
import tarfile
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from sandbox.errors import SandboxError
from sandbox.preparation import pins
from sandbox.preparation.progress import Progress, Task, readable

ANSWER_SECONDS = 3.0
CHUNK = 2**18
Opener = Callable[[str], "io.BufferedIOBase"]


@dataclass(frozen=True)
class Release:
    """Where programs are published: an archive or a bare binary, its checksums, and what is where in it."""

    url: str
    checksums: str
    members: dict[str, str]


def releases(architecture: str) -> tuple[Release, ...]:
    """All releases that the sandbox can use, as their projects publish them."""
    github = "https://github.com"
    machine = "x86_64" if architecture == "amd64" else architecture
    kubernetes = f"https://dl.k8s.io/release/v{pins.KUBERNETES}/bin/linux/{architecture}"
    etcd = f"{github}/etcd-io/etcd/releases/download/v{pins.ETCD}"
    containerd = f"{github}/containerd/containerd/releases/download/v{pins.CONTAINERD}"
    containerd += f"/containerd-{pins.CONTAINERD}-linux-{architecture}.tar.gz"
    runc = f"{github}/opencontainers/runc/releases/download/v{pins.RUNC}"
    plugins = f"{github}/containernetworking/plugins/releases/download/v{pins.CNI_PLUGINS}"
    plugins += f"/cni-plugins-linux-{architecture}-v{pins.CNI_PLUGINS}.tgz"
    crane = f"{github}/google/go-containerregistry/releases/download/v{pins.CRANE}"
    helm = f"https://get.helm.sh/helm-v{pins.HELM}-linux-{architecture}.tar.gz"
    terraform = f"https://releases.hashicorp.com/terraform/{pins.TERRAFORM}/terraform_{pins.TERRAFORM}"
    bare = ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kubectl")
    return (
        *(Release(f"{kubernetes}/{name}", f"{kubernetes}/{name}.sha256", {name: ""}) for name in bare),
        Release(
            f"{etcd}/etcd-v{pins.ETCD}-linux-{architecture}.tar.gz",
            f"{etcd}/SHA256SUMS",
            {"etcd": f"etcd-v{pins.ETCD}-linux-{architecture}/etcd"},
        ),
        Release(
            containerd,
            f"{containerd}.sha256sum",
            {n: f"bin/{n}" for n in ("containerd", "containerd-shim-runc-v2", "ctr")},
        ),
        Release(f"{runc}/runc.{architecture}", f"{runc}/runc.sha256sum", {"runc": ""}),
        Release(plugins, f"{plugins}.sha256", {name: f"./{name}" for name in ("bridge", "loopback")}),
        Release(
            f"{crane}/go-containerregistry_Linux_{machine}.tar.gz",
            f"{crane}/checksums.txt",
            {"crane": "crane"},
        ),
        Release(helm, f"{helm}.sha256sum", {"helm": f"linux-{architecture}/helm"}),
        Release(
            f"{terraform}_linux_{architecture}.zip", f"{terraform}_SHA256SUMS", {"terraform": "terraform"}
        ),
    )


def open_url(url: str) -> io.BufferedIOBase:
    """The body at a URL, in a few seconds or not at all."""
    response: io.BufferedIOBase = urllib.request.urlopen(url, timeout=ANSWER_SECONDS)
    return response


def fetch(
    names: Iterable[str],
    known: Iterable[Release],
    scratch: Path,
    progress: Progress,
    opener: Opener = open_url,
) -> dict[str, Path]:
    """The named programs, downloaded into `scratch`; less what no host gave. A wrong checksum is an error."""
    wanted = set(names)
    needed = [release for release in known if wanted & release.members.keys()]
    if not needed or not _answer(needed, opener):
        if needed:
            progress.report(
                "the hosts of official releases do not answer: building from package registries instead"
            )
        return {}
    made: dict[str, Path] = {}
    for release in needed:
        with progress.task(f"downloading {release.url}") as task:
            try:
                made.update(_download(release, wanted, scratch, task, opener))
            except (OSError, urllib.error.URLError) as error:
                task.note = f"given up: {error}"
    return made


def _answer(needed: list[Release], opener: Opener) -> bool:
    """Does each host give the first list of checksums that is needed from it? Asked at the same time."""
    first = {url.split("/")[2]: url for url in (release.checksums for release in reversed(needed))}

    def answers(url: str) -> bool:
        try:
            with opener(url) as body:
                return bool(body.read(1))
        except OSError:
            return False

    with ThreadPoolExecutor(len(first)) as pool:
        return all(pool.map(answers, first.values()))


def _download(
    release: Release, wanted: set[str], scratch: Path, task: Task, opener: Opener
) -> dict[str, Path]:
    name = release.url.rsplit("/", 1)[1]
    with opener(release.checksums) as body:
        expected = checksum(body.read().decode(), name)
    path = scratch / name
    found = hashlib.sha256()
    with opener(release.url) as body, path.open("wb") as copy:
        while chunk := body.read(CHUNK):
            copy.write(chunk)
            found.update(chunk)
            task.note = readable(copy.tell())
    if found.hexdigest() != expected:
        raise SandboxError(
            f"{release.url} is not what it should be",
            why=f"its sha256 is {found.hexdigest()}, published is {expected or 'none'}",
            fix="something between here and there changes downloads; try again from another network",
        )
    return _unpack(path, release, wanted, scratch)


def checksum(text: str, name: str) -> str:
    """The sha256 for `name` in a list of checksums, or the only one in a file that holds nothing else."""
    for line in text.splitlines():
        digest = re.match(r"([0-9a-f]{64})(?:\s+\*?(?:\S*/)?(\S+))?\s*$", line)
        if digest and digest.group(2) in (None, name):
            return digest.group(1)
    return ""


def _unpack(path: Path, release: Release, wanted: set[str], scratch: Path) -> dict[str, Path]:
    made = {}
    for program in wanted & release.members.keys():
        made[program] = scratch / f"{program}.downloaded"
        made[program].write_bytes(_member(path, release.members[program]))
    path.unlink()
    return made


def _member(path: Path, member: str) -> bytes:
    if not member:
        return path.read_bytes()
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            return archive.read(member)
    with tarfile.open(path) as archive:
        body = archive.extractfile(member)
        assert body is not None
        return body.read()
