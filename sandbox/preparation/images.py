"""The two images that an instance's registry has from the start: the load balancer controller and pause.

They are kept as the data directory of `crane registry serve --disk`, which has blobs there and manifests in
its memory: `link_blobs` fills the directory of a registry before it starts, `seed` uploads the manifests.
Each repository's path begins with the host that it belongs to, so that one registry serves several hosts.
Layers are not compressed: unpacking would be the slowest part of starting a pod.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import struct
import tarfile
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sandbox.errors import SandboxError
from sandbox.preparation import pins

CONTROLLER_IMAGE = f"public.ecr.aws/eks/aws-load-balancer-controller:v{pins.CONTROLLER}"
PAUSE_IMAGE = f"registry.k8s.io/pause:{pins.PAUSE}"
CA_PATH = "etc/ssl/certs/ca-certificates.crt"
MANIFESTS = "manifests.json"
_TYPE = "application/vnd.oci.image."
MANIFEST_TYPE = f"{_TYPE}manifest.v1+json"


@dataclass(frozen=True)
class Content:
    """What is in an image: files by path with their mode, and its entrypoint and user."""

    reference: str
    files: dict[str, tuple[Path | bytes, int]]
    entrypoint: tuple[str, ...]
    user: str
    environment: tuple[str, ...] = field(default=())


def controller(binary: Path, certificate: bytes) -> Content:
    """As the real image: /controller as the user 65532; it trusts only the sandbox's CA."""
    passwd = (
        b"root:x:0:0:root:/root:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n"
    )
    files: dict[str, tuple[Path | bytes, int]] = {
        "controller": (binary, 0o755),
        CA_PATH: (certificate, 0o644),
        "etc/passwd": (passwd, 0o644),
        "etc/group": (b"root:x:0:\nnonroot:x:65532:\n", 0o644),
    }
    environment = (
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        f"SSL_CERT_FILE=/{CA_PATH}",
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


def make_registry(contents: list[Content], target: Path, scratch: Path, architecture: str) -> Path:
    """The blobs of all images by digest, and their manifests; the same content gives the same digests."""
    if target.exists():
        return target
    made = scratch / "registry"
    shutil.rmtree(made, ignore_errors=True)
    blobs = made / "sha256"
    blobs.mkdir(parents=True)
    manifests = {content.reference: write(content, blobs, architecture) for content in contents}
    (made / MANIFESTS).write_text(json.dumps(manifests, indent=1))
    os.replace(made, target)
    return target


def write(content: Content, blobs: Path, architecture: str) -> str:
    """Write an image's layer, configuration and manifest; return the manifest's digest."""
    layer = _write_layer(content, blobs)
    config = _write_json(_config(content, architecture, layer["digest"]), blobs, "config.v1")
    body = {"schemaVersion": 2, "mediaType": MANIFEST_TYPE, "config": config, "layers": [layer]}
    return str(_write_json(body, blobs, "manifest.v1")["digest"])


def link_blobs(registry: Path, disk: Path) -> None:
    """Give a registry that is about to start on the directory `disk` all blobs, without copying them."""
    (disk / "sha256").mkdir(parents=True)
    for blob in (registry / "sha256").iterdir():
        (disk / "sha256" / blob.name).symlink_to(blob)


def seed(registry: Path, address: str) -> list[str]:
    """Tell the running registry at host:port the images whose blobs it has. Again changes nothing."""
    manifests: dict[str, str] = json.loads((registry / MANIFESTS).read_text())
    for reference, digest in manifests.items():
        name, tag = reference.rsplit(":", 1)
        body = (registry / digest.replace(":", "/")).read_bytes()
        url = f"http://{address}/v2/{name}/manifests/{tag}"
        request = urllib.request.Request(url, body, {"Content-Type": MANIFEST_TYPE}, method="PUT")
        try:
            urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=10).close()
        except OSError as error:
            raise SandboxError(
                f"the registry at {address} does not take {reference}", why=str(error)
            ) from error
    return list(manifests)


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
