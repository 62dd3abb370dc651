"""An OCI registry: ask what it has, push blobs and manifests."""

from __future__ import annotations

from epochctl.registry.api import Manifest, Registry, Upload
from epochctl.registry.transport import Login

__all__ = ["Login", "Manifest", "Registry", "Upload"]
