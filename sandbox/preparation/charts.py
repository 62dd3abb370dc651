"""The Helm repository that an instance serves as aws.github.io/eks-charts: the load balancer controller.

The chart comes from the controller's Go module. The package is reproducible.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import shutil
import tarfile
from collections.abc import Iterator
from pathlib import Path

import yaml

from sandbox.errors import SandboxError
from sandbox.preparation import pins

CHART = "aws-load-balancer-controller"
CREATED = "2026-04-23T19:51:25Z"  # the module's own time
IGNORED = ("crds/kustomization.yaml", "test.yaml", ".helmignore", "ci/*")


def make_repository(module: Path, target: Path, scratch: Path) -> Path:
    """index.yaml and the packed chart at `target`, from the controller's unpacked module."""
    if target.exists():
        return target
    source = module / "helm" / CHART
    metadata = yaml.safe_load((source / "Chart.yaml").read_text())
    if metadata["version"] != pins.CONTROLLER:
        why = f"go.mod's module has chart {metadata['version']}, the pins say {pins.CONTROLLER}"
        raise SandboxError("the load balancer controller and its chart do not belong together", why=why)
    made = scratch / "charts"
    shutil.rmtree(made, ignore_errors=True)
    made.mkdir()
    package = pack(source)
    name = f"{CHART}-{metadata['version']}.tgz"
    (made / name).write_bytes(package)
    entry = {**metadata, "created": CREATED, "digest": hashlib.sha256(package).hexdigest(), "urls": [name]}
    index = {"apiVersion": "v1", "generated": CREATED, "entries": {CHART: [entry]}}
    (made / "index.yaml").write_text(yaml.safe_dump(index, sort_keys=False))
    os.replace(made, target)
    return target


def pack(source: Path) -> bytes:
    """A chart archive as `helm package` lays it out, without times, owners and modes."""
    packed = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=packed, mode="wb", mtime=0) as zipped,
        tarfile.open(fileobj=zipped, mode="w") as archive,
    ):
        for path in _files(source):
            member = tarfile.TarInfo(f"{source.name}/{path.relative_to(source)}")
            member.size = path.stat().st_size
            with path.open("rb") as body:
                archive.addfile(member, body)
    return packed.getvalue()


def _files(source: Path) -> Iterator[Path]:
    for path in sorted(source.rglob("*")):
        if path.is_file() and not any(path.relative_to(source).match(pattern) for pattern in IGNORED):
            yield path
