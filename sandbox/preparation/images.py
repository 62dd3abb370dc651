"""The two images that a world's registry has from the start: the load balancer controller and pause.

Each is an OCI layout on disk; `seed` pushes them into a running registry, below a path that begins with the
host they belong to, so that one registry can stand for several. Layers are not compressed: unpacking would
be the slowest part. Knows no container runtime.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import struct
import subprocess
import tarfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sandbox.errors import SandboxError
from sandbox.preparation import pins

CONTROLLER_IMAGE = f"public.ecr.aws/eks/aws-load-balancer-controller:v{pins.CONTROLLER}"
PAUSE_IMAGE = f"registry.k8s.io/pause:{pins.PAUSE}"
CA_PLACE = "etc/ssl/certs/ca-certificates.crt"
NAME = "org.opencontainers.image.ref.name"
_TYPE = "application/vnd.oci.image."


@dataclass(frozen=True)
class Content:
    """What is in an image: files by path with their mode, and its entrypoint and user."""

    reference: str
    files: dict[str, tuple[Path | bytes, int]]
    entrypoint: tuple[str, ...]
    user: str
    environment: tuple[str, ...] = field(default=())


def controller(binary: Path, certificate: bytes) -> Content:
    """As the real image: /controller as the user 65532; it trusts the sandbox's authority and nobody else."""
    passwd = (
        b"root:x:0:0:root:/root:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n"
    )
    files: dict[str, tuple[Path | bytes, int]] = {
        "controller": (binary, 0o755),
        CA_PLACE: (certificate, 0o644),
        "etc/passwd": (passwd, 0o644),
        "etc/group": (b"root:x:0:\nnonroot:x:65532:\n", 0o644),
    }
    environment = (
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        f"SSL_CERT_FILE=/{CA_PLACE}",
    )
    return Content(CONTROLLER_IMAGE, files, ("/controller",), "65532", environment)


def pause(architecture: str) -> Content:
    """One process that sleeps: it holds a pod's namespaces."""
    return Content(PAUSE_IMAGE, {"pause": (pause_program(architecture), 0o755)}, ("/pause",), "65535:65535")


def pause_program(architecture: str) -> bytes:
    """A static program that sleeps for ever: an ELF header, one segment and a handful of instructions."""
    number, code = {
        "amd64": (62, bytes.fromhex("b822000000 0f05 ebf7".replace(" ", ""))),  # again: pause(); goto again
        "arm64": (
            183,
            bytes.fromhex("000080d2010080d2020080d2030080d2280980d2010000d4fbffff17"),
        ),  # again: ppoll(0, 0, 0, 0)
    }[architecture]
    base, start = 0x400000, 64 + 56
    size = start + len(code)
    header = b"\x7fELF\x02\x01\x01" + bytes(9)
    header += struct.pack("<HHIQQQIHHHHHH", 2, number, 1, base + start, 64, 0, 0, 64, 56, 1, 0, 0, 0)
    segment = struct.pack("<IIQQQQQQ", 1, 5, 0, base, base, size, size, 0x1000)
    return header + segment + code


def write(content: Content, target: Path, architecture: str) -> Path:
    """An OCI layout with one image; the same content gives the same digest."""
    blobs = target / "blobs" / "sha256"
    blobs.mkdir(parents=True)
    layer = _write_layer(content, blobs)
    config = _write_json(_config(content, architecture, layer["digest"]), blobs, "config.v1")
    body = {"schemaVersion": 2, "mediaType": f"{_TYPE}manifest.v1+json", "config": config, "layers": [layer]}
    manifest = _write_json(body, blobs, "manifest.v1")
    index = {"schemaVersion": 2, "manifests": [{**manifest, "annotations": {NAME: content.reference}}]}
    (target / "index.json").write_text(json.dumps(index))
    (target / "oci-layout").write_text('{"imageLayoutVersion":"1.0.0"}')
    return target


def make_all(contents: list[Content], target: Path, scratch: Path, architecture: str) -> Path:
    """One layout for each image below `target`, which appears when all are there."""
    if target.exists():
        return target
    made = scratch / "images"
    shutil.rmtree(made, ignore_errors=True)
    for content in contents:
        write(content, made / content.reference.split(":")[0].rsplit("/", 1)[1], architecture)
    os.replace(made, target)
    return target


def seed(images: Path, crane: Path, registry: str) -> list[str]:
    """Push all images to the registry at host:port; return their references there. Again changes nothing."""
    pushed = []
    for layout in sorted(path.parent for path in images.glob("*/index.json")):
        name = json.loads((layout / "index.json").read_text())["manifests"][0]["annotations"][NAME]
        target = f"{registry}/{name}"
        done = subprocess.run(
            [str(crane), "push", "--insecure", str(layout), target], capture_output=True, text=True
        )
        if done.returncode != 0:
            raise SandboxError(f"the image {name} could not be pushed to {registry}", why=done.stderr.strip())
        pushed.append(target)
    return pushed


def _config(content: Content, architecture: str, layer: str) -> dict[str, Any]:
    run = {
        "User": content.user,
        "Entrypoint": list(content.entrypoint),
        "Env": list(content.environment),
        "WorkingDir": "/",
    }
    return {
        "created": "1970-01-01T00:00:00Z",
        "architecture": architecture,
        "os": "linux",
        "config": run,
        "rootfs": {"type": "layers", "diff_ids": [layer]},
    }


def _write_layer(content: Content, blobs: Path) -> dict[str, Any]:
    path = blobs / "layer"
    with tarfile.open(path, "w") as archive:
        for directory in sorted(
            {str(parent) for name in content.files for parent in Path(name).parents} - {"."}
        ):
            member = tarfile.TarInfo(directory)
            member.type, member.mode = tarfile.DIRTYPE, 0o755
            archive.addfile(member)
        for name, (source, mode) in sorted(content.files.items()):
            _add(archive, name, source, mode)
    with path.open("rb") as body:
        digest = hashlib.file_digest(body, "sha256").hexdigest()
    path.rename(blobs / digest)
    return {
        "mediaType": f"{_TYPE}layer.v1.tar",
        "digest": f"sha256:{digest}",
        "size": (blobs / digest).stat().st_size,
    }


def _add(archive: tarfile.TarFile, name: str, source: Path | bytes, mode: int) -> None:
    member = tarfile.TarInfo(name)
    member.mode = mode
    member.size = len(source) if isinstance(source, bytes) else source.stat().st_size
    with io.BytesIO(source) if isinstance(source, bytes) else source.open("rb") as body:
        archive.addfile(member, body)


def _write_json(value: dict[str, Any], blobs: Path, kind: str) -> dict[str, Any]:
    body = json.dumps(value, separators=(",", ":"), sort_keys=True).encode()
    digest = hashlib.sha256(body).hexdigest()
    (blobs / digest).write_bytes(body)
    return {"mediaType": f"{_TYPE}{kind}+json", "digest": f"sha256:{digest}", "size": len(body)}
