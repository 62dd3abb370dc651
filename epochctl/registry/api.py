"""The API of a registry. https://github.com/opencontainers/distribution-spec

Knows nothing of certificates, logins or retries.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

from epochctl.errors import ImageError
from epochctl.registry.transport import Login, Transport

_ACCEPT = ", ".join(
    (
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.docker.distribution.manifest.v2+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
    )
)


@dataclass(frozen=True)
class Upload:
    """A file that a registry is to store under its digest."""

    media_type: str
    digest: str
    path: Path


@dataclass(frozen=True)
class Manifest:
    """A manifest as the registry has it. platforms: os/architecture of each image that it stands for."""

    digest: str
    platforms: tuple[str, ...]


class Registry:
    """One registry. login: without it, whatever the registry gives to anybody.

    base_url: only for a registry that does not speak https.
    """

    def __init__(
        self,
        host: str,
        *,
        login: Login | None = None,
        base_url: str = "",
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._transport = Transport(base_url or f"https://{host}", login, sleep)

    def push(self, repository: str, tag: str, blobs: Sequence[Upload], manifest: Upload) -> int:
        """Store the blobs that are missing, then the manifest under `tag`. Returns the bytes sent."""
        sent = 0
        persist = self._transport.retry
        for blob in blobs:
            if not persist(partial(self._has, repository, blob)):
                sent += persist(partial(self._push_blob, repository, blob))
        return sent + persist(partial(self._push_manifest, repository, tag, manifest))

    def find(self, repository: str, reference: str) -> Manifest | None:
        """Return the manifest of a tag or digest, or None. Raises ImageError."""
        return self._transport.retry(lambda: self._find(repository, reference))

    def _has(self, repository: str, blob: Upload) -> bool:
        address = f"/v2/{repository}/blobs/{blob.digest}"
        return self._transport.send("HEAD", address, 200, 404).status_code == 200

    def _push_blob(self, repository: str, blob: Upload) -> int:
        send = self._transport.send
        started = send("POST", f"/v2/{repository}/blobs/uploads/", 202)
        location = urljoin(str(started.request.url), started.headers["location"])
        address = f"{location}{'&' if urlsplit(location).query else '?'}digest={blob.digest}"
        content = blob.path.read_bytes()
        send("PUT", address, 201, content=content, headers={"Content-Type": "application/octet-stream"})
        return len(content)

    def _push_manifest(self, repository: str, tag: str, manifest: Upload) -> int:
        content = manifest.path.read_bytes()
        address, headers = f"/v2/{repository}/manifests/{tag}", {"Content-Type": manifest.media_type}
        try:
            self._transport.send("PUT", address, 201, content=content, headers=headers)
        except ImageError:
            # The tag cannot be given twice: where the answer was lost, it is there and names this very image.
            if not self._names(repository, tag, manifest.digest):
                raise
        return len(content)

    def _names(self, repository: str, tag: str, digest: str) -> bool:
        headers = {"Accept": _ACCEPT}
        answer = self._transport.send("GET", f"/v2/{repository}/manifests/{tag}", 200, 404, headers=headers)
        return "sha256:" + hashlib.sha256(answer.content).hexdigest() == digest

    def _find(self, repository: str, reference: str) -> Manifest | None:
        address, headers = f"/v2/{repository}/manifests/{reference}", {"Accept": _ACCEPT}
        answer = self._transport.send("GET", address, 200, 404, headers=headers)
        if answer.status_code == 404:
            return None
        digest = "sha256:" + hashlib.sha256(answer.content).hexdigest()
        if reference.startswith("sha256:") and reference != digest:
            raise ImageError(f"the manifest is not {reference}", why=f"its content has {digest}")
        return Manifest(digest, self._read_platforms(repository, json.loads(answer.content)))

    def _read_platforms(self, repository: str, manifest: dict[str, Any]) -> tuple[str, ...]:
        if "manifests" in manifest:
            named = [part.get("platform", {}) for part in manifest["manifests"]]
        else:
            config = manifest["config"]["digest"]
            named = [self._transport.send("GET", f"/v2/{repository}/blobs/{config}", 200).json()]
        found = {
            f"{one['os']}/{one['architecture']}" for one in named if one.get("os") and one.get("architecture")
        }
        return tuple(sorted(found - {"unknown/unknown"}))  # which is what attestations say that they are
