"""Pushed images, as records in the emulated ECR."""

from __future__ import annotations

import json
from typing import Any

from moto.ecr.models import Image

from sandbox.moto_patches.backends import ACCOUNT, MOTO_LOCK, backend


def find_image(repository: Any, reference: str) -> Any:
    for image in list(repository.images):
        if reference == image.image_digest or reference in image.image_tags:
            return image
    return None


def conflicts_with_immutable_tag(repository: Any, reference: str, digest: str) -> bool:
    """Whether an immutable tag already names another image."""
    if repository.image_tag_mutability != "IMMUTABLE" or reference.startswith("sha256:"):
        return False
    known = find_image(repository, reference)
    return known is not None and known.image_digest != digest


def record_push(region: str, name: str, body: bytes, digest: str, tag: str, media_type: str) -> None:
    """The pushed image appears in ECR's own API."""
    with MOTO_LOCK:
        repository = backend("ecr", region).repositories[name]
        known, before = find_image(repository, digest), find_image(repository, tag) if tag else None
        if before is not None and before is not known:
            before.remove_tag(tag)  # a tag names one image, the last that was pushed
            before.image_tag = before.image_tags[-1] if before.image_tags else None
        if known is None:
            manifest = body.decode()
            image = Image(
                ACCOUNT,
                tag or None,
                manifest,
                name,
                json.loads(manifest).get("mediaType", media_type),
                digest,
            )
            repository.images.append(image)
        elif tag and tag not in known.image_tags:
            known.update_tag(tag)
