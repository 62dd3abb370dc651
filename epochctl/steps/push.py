"""`push`: the image in the registry that the nodes pull from, checked to be for their processor."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

from epochctl.aws.ecr import Ecr
from epochctl.config.settings import Settings
from epochctl.errors import DeployError, ImageError
from epochctl.image.layout import Blob, read_layout
from epochctl.image.names import Reference, normalize, parse_reference
from epochctl.outputs import Image, Infrastructure, PushedImage
from epochctl.registry import Login, Manifest, Registry, Upload
from epochctl.steps.ecr_replication import EcrReplication
from epochctl.workflow.step import Context, Observation

_ECR = re.compile(r"\d{12}\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(\.cn)?")

OpenRegistry = Callable[[str, Login | None], Registry]


def _open_registry(host: str, login: Login | None) -> Registry:
    return Registry(host, login=login)


class Push:
    """The push of one region. An image that is there is not pushed again: tags derive from the digest."""

    name: ClassVar[str] = "push"
    needs: ClassVar[tuple[type, ...]] = (Image, Infrastructure)
    produces: ClassVar[type] = PushedImage

    def __init__(
        self,
        settings: Settings,
        region: str,
        *,
        ecr: Ecr,
        open_registry: OpenRegistry = _open_registry,
        replication: EcrReplication | None = None,
    ) -> None:
        """replication: from the region that pushes for all; None where there is one region."""
        self._settings, self._region, self._ecr = settings, region, ecr
        self._open_registry, self._replication = open_registry, replication

    def observe(self, ctx: Context) -> Observation:
        """Look for the image in the repository, or resolve the reference in [service] image."""
        image, infra = ctx.outputs.get(Image), ctx.outputs.get(Infrastructure)
        if not image.layout:
            return Observation(self._resolve_reference(ctx, infra))
        wanted = _platform_of(infra)
        if image.platform != wanted:  # apply refuses it, unless the same plan changes the nodes
            change = f"push {image.digest[:19]}, which is for {image.platform}; the nodes are {wanted}"
            return Observation(None, (change,))
        if self._ecr.has_image(infra.repository_name, image.digest):
            return Observation(PushedImage(infra.repository_url, image.digest, image.tag))
        size = f"{image.size / 1e6:.1f} MB"
        return Observation(None, (f"push {image.digest[:19]} ({size}) to {infra.repository_url}",))

    def apply(self, ctx: Context) -> PushedImage:
        """Push the image unless it is there or is replicated.

        Raises ImageError if it is for another platform, DeployError if [service] image does not exist.
        """
        image, infra = ctx.outputs.get(Image), ctx.outputs.get(Infrastructure)
        if not image.layout:
            return self._resolve_reference(ctx, infra)
        _check_platform("what was built", (image.platform,), infra)
        if self._ecr.has_image(infra.repository_name, image.digest):
            ctx.report(f"{image.digest[:19]} is in the repository already")
        elif not self._wait_for_copy(ctx, image):
            self._push(ctx, image, infra)
        return PushedImage(infra.repository_url, image.digest, image.tag)

    def destroy(self, ctx: Context) -> tuple[str, ...]:
        """Stop the replication; the images are deleted with their repository."""
        return self._replication.stop(ctx) if self._replication else ()

    def _wait_for_copy(self, ctx: Context, image: Image) -> bool:
        """Return whether ECR has copied the image from the home region."""
        if self._replication is None:
            return False
        self._replication.start(ctx)
        return self._replication.wait_for_copy(ctx, image.digest, self._ecr)

    def _push(self, ctx: Context, image: Image, infra: Infrastructure) -> None:
        layout, host = read_layout(Path(image.layout)), infra.repository_url.partition("/")[0]
        registry = self._open_registry(host, self._log_in())
        ctx.report(f"pushing {image.size / 1e6:.1f} MB to {infra.repository_url}")
        try:
            blobs, manifest = [_upload(blob) for blob in layout.blobs], _upload(layout.manifest)
            sent = registry.push(infra.repository_name, image.tag, blobs, manifest)
            ctx.report(f"{sent / 1e6:.1f} MB sent")
        except ImageError:
            if not self._ecr.has_image(infra.repository_name, image.digest):  # else another run was faster
                raise
        found = registry.find(infra.repository_name, image.digest)
        if found is None:
            raise ImageError(
                f"{infra.repository_url} does not have {image.digest}", why="the push was accepted"
            )
        _check_platform(f"{infra.repository_url}@{image.digest}", found.platforms, infra)

    def _resolve_reference(self, ctx: Context, infra: Infrastructure) -> PushedImage:
        """Return the digest of the reference in [service] image, so that all pods run the same image."""
        wanted = parse_reference(self._settings.service.image)
        try:
            found = self._look_up(wanted)
        except ImageError as error:
            if not wanted.digest:
                raise
            # The nodes may be able to pull what this user cannot; the digest says what will run.
            ctx.report(f"{error.what}: its platform is not checked, the nodes will tell")
            return PushedImage(wanted.name, wanted.digest, wanted.tag)
        if found is None:
            raise DeployError(
                f"there is no image {self._settings.service.image}",
                why=f"{wanted.host} has no {wanted.digest or wanted.tag} in {wanted.repository}; nothing was "
                "changed, what runs goes on serving",
                fix="correct [service] image in epochctl.toml, or --image",
            )
        _check_platform(self._settings.service.image, found.platforms, infra)
        return PushedImage(wanted.name, found.digest, wanted.tag)

    def _look_up(self, wanted: Reference) -> Manifest | None:
        ecr = _ECR.fullmatch(wanted.host)  # a login is valid for every account that grants access
        login = self._log_in() if ecr and ecr["region"] == self._region else None
        return self._open_registry(wanted.host, login).find(wanted.repository, wanted.digest or wanted.tag)

    def _log_in(self) -> Login:
        login = self._ecr.login()
        return login.username, login.password


def _platform_of(infra: Infrastructure) -> str:
    return f"linux/{normalize(infra.node_architecture)}"


def _check_platform(name: str, platforms: tuple[str, ...], infra: Infrastructure) -> None:
    wanted = _platform_of(infra)
    if wanted not in platforms:
        raise ImageError(
            f"the image cannot run on the nodes: it is for {', '.join(platforms) or 'no known platform'}",
            why=f"{name} is not for {wanted}, which the nodes are",
            fix="build for that platform, or choose other [cluster] instance_types",
        )


def _upload(blob: Blob) -> Upload:
    return Upload(blob.media_type, blob.digest, blob.path)
