"""An OCI image layout on disk: one gzip layer, its config, its manifest.

The same entries give the same digest, always. Knows nothing of what is in the image, of Python or of
registries. https://github.com/opencontainers/image-spec
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import shutil
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from epochctl.command import Command
from epochctl.errors import ImageError
from epochctl.image.entries import Entry

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
EPOCH = "1970-01-01T00:00:00Z"  # a fixed time, so that the digest is reproducible
INPUTS = "epochctl.inputs"  # the annotation of index.json that says what the layout was made from


@dataclass(frozen=True)
class Runtime:
    """How a container of the image runs."""

    user: str
    entrypoint: tuple[str, ...]
    environment: tuple[tuple[str, str], ...]
    ports: tuple[int, ...]
    labels: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Blob:
    """Something a registry stores: its media type, where it is on disk, how long it is."""

    media_type: str
    digest: str
    size: int
    path: Path


@dataclass(frozen=True)
class Layout:
    """A layout on disk whose blobs were checked. blobs: config and layers, in the order of uploading."""

    directory: Path
    manifest: Blob
    blobs: tuple[Blob, ...]
    platform: str
    inputs: str

    @property
    def size(self) -> int:
        return self.manifest.size + sum(blob.size for blob in self.blobs)


def write_layout(
    directory: Path, entries: Sequence[Entry], runtime: Runtime, platform: str, inputs: str
) -> Layout:
    """Replace `directory` by the layout of `entries`. Killed at any point, `directory` is whole or absent."""
    fresh = unfinished(directory)
    shutil.rmtree(fresh, ignore_errors=True)
    (fresh / "blobs" / "sha256").mkdir(parents=True)
    tar = pack(entries)
    layer = _put(fresh, gzip.compress(tar, compresslevel=6, mtime=0), LAYER)
    config = _put(fresh, _encode(_describe_config(runtime, platform, tar)), CONFIG)
    manifest = _put(fresh, _encode(_describe_manifest(config, layer)), MANIFEST)
    (fresh / "oci-layout").write_bytes(_encode({"imageLayoutVersion": "1.0.0"}))
    (fresh / "index.json").write_bytes(_encode(_describe_index(manifest, platform, inputs)))
    shutil.rmtree(directory, ignore_errors=True)
    os.replace(fresh, directory)
    return read_layout(directory)


def copy_layout(layout: Layout, directory: Path) -> Layout:
    """Replace `directory` by the same layout, as safely."""
    fresh = unfinished(directory)
    shutil.rmtree(fresh, ignore_errors=True)
    shutil.copytree(layout.directory, fresh)
    shutil.rmtree(directory, ignore_errors=True)
    os.replace(fresh, directory)
    return read_layout(directory)


def unfinished(directory: Path) -> Path:
    """Where the layout of `directory` is while it is being written; left there only by a kill."""
    return directory.with_name(directory.name + ".new")


def read_layout(directory: Path) -> Layout:
    """The layout at `directory`, each blob checked against its digest.

    Raises ImageError where it is not whole.
    """
    try:
        index = json.loads((directory / "index.json").read_bytes())
        manifest = _open(directory, index["manifests"][0])
        described = json.loads(manifest.path.read_bytes())
        blobs = tuple(_open(directory, part) for part in (described["config"], *described["layers"]))
        config = json.loads(blobs[0].path.read_bytes())
        platform = f"{config['os']}/{config['architecture']}"
        return Layout(directory, manifest, blobs, platform, index.get("annotations", {}).get(INPUTS, ""))
    except (OSError, ValueError, KeyError, IndexError) as error:
        raise ImageError(
            f"no whole image in {directory}", why=str(error), fix=f"run `{Command('build')}` again"
        ) from error


def read_file(layout: Layout, path: str) -> bytes:
    """One file of the image's only layer. Raises ImageError where the image has no such file."""
    try:
        with tarfile.open(layout.blobs[-1].path) as archive:
            found = archive.extractfile(path.lstrip("/"))
            return found.read() if found else b""
    except KeyError as error:
        raise ImageError(f"the image has no {path}", fix=f"run `{Command('build')}` again") from error


def pack(entries: Sequence[Entry]) -> bytes:
    """The entries as a tar archive: root's, from 1970, in the order given."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for entry in entries:
            member = tarfile.TarInfo(entry.path.lstrip("/"))
            member.mode, member.mtime = entry.mode, 0
            member.type = tarfile.DIRTYPE if entry.content is None else tarfile.REGTYPE
            member.size = len(entry.content or b"")
            archive.addfile(member, io.BytesIO(entry.content or b""))
    return stream.getvalue()


def _describe_config(runtime: Runtime, platform: str, tar: bytes) -> dict[str, Any]:
    system, _, architecture = platform.partition("/")
    return {
        "created": EPOCH,
        "architecture": architecture,
        "os": system,
        "config": {
            "User": runtime.user,
            "ExposedPorts": {f"{port}/tcp": {} for port in runtime.ports},
            "Env": [f"{name}={value}" for name, value in runtime.environment],
            "Entrypoint": list(runtime.entrypoint),
            "WorkingDir": "/",
            "Labels": dict(runtime.labels),
        },
        "rootfs": {"type": "layers", "diff_ids": [_digest(tar)]},
        "history": [{"created": EPOCH, "created_by": "epochctl build"}],
    }


def _describe_manifest(config: Blob, layer: Blob) -> dict[str, Any]:
    return {"schemaVersion": 2, "mediaType": MANIFEST, "config": _refer(config), "layers": [_refer(layer)]}


def _describe_index(manifest: Blob, platform: str, inputs: str) -> dict[str, Any]:
    system, _, architecture = platform.partition("/")
    descriptor = {**_refer(manifest), "platform": {"os": system, "architecture": architecture}}
    return {"schemaVersion": 2, "manifests": [descriptor], "annotations": {INPUTS: inputs}}


def _refer(blob: Blob) -> dict[str, Any]:
    return {"mediaType": blob.media_type, "digest": blob.digest, "size": blob.size}


def _put(directory: Path, content: bytes, media_type: str) -> Blob:
    digest = _digest(content)
    path = directory / "blobs" / "sha256" / digest.removeprefix("sha256:")
    path.write_bytes(content)
    return Blob(media_type, digest, len(content), path)


def _open(directory: Path, reference: Mapping[str, Any]) -> Blob:
    path = directory / "blobs" / "sha256" / str(reference["digest"]).removeprefix("sha256:")
    if _digest(path.read_bytes()) != reference["digest"]:
        raise ValueError(f"{path.name} does not have that digest")
    return Blob(reference["mediaType"], reference["digest"], reference["size"], path)


def _digest(content: bytes) -> str:
    return "sha256:" + hashlib.sha256(content).hexdigest()


def _encode(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
