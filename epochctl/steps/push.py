"""`push`: the image in the registry that the nodes pull from, and proof that it is for their processor.

Knows nothing of how the image was built or of what runs it.
"""

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
    """Skips what is there already: tags are immutable, and derived from the digest."""

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
        replicated: EcrReplication | None = None,
    ) -> None:
        """replicated: where several regions share one push; None where there is only one."""
        self._settings, self._region, self._ecr, self._open = settings, region, ecr, open_registry
        self._replicated = replicated

    def observe(self, ctx: Context) -> Observation:
        image, infra = ctx.outputs.get(Image), ctx.outputs.get(Infrastructure)
        if not image.layout:
            return Observation(self._resolve(ctx, infra))
        wanted = _platform_of(infra)
        if image.platform != wanted:  # apply refuses; a plan that changes the nodes as well may go on
            return Observation(
                None, (f"push {image.digest[:19]}, which is for {image.platform}; the nodes are {wanted}",)
            )
        if self._ecr.has_image(infra.repository_name, image.digest):
            return Observation(PushedImage(infra.repository_url, image.digest, image.tag))
        return Observation(
            None, (f"push {image.digest[:19]} ({image.size / 1e6:.1f} MB) to {infra.repository_url}",)
        )

    def apply(self, ctx: Context) -> PushedImage:
        image, infra = ctx.outputs.get(Image), ctx.outputs.get(Infrastructure)
        if not image.layout:
            return self._resolve(ctx, infra)
        _compare("what was built", (image.platform,), infra)
        if self._ecr.has_image(infra.repository_name, image.digest):
            ctx.say(f"{image.digest[:19]} is in the repository already")
        elif not self._copied(ctx, image):
            self._push(ctx, image, infra)
        return PushedImage(infra.repository_url, image.digest, image.tag)

    def destroy(self, ctx: Context) -> tuple[str, ...]:
        """The images go with their repository; what is left is that they are copied."""
        return self._replicated.forget(ctx) if self._replicated else ()

    def _copied(self, ctx: Context, image: Image) -> bool:
        """Whether it came here from the region where it is pushed."""
        if self._replicated is None:
            return False
        self._replicated.prepare(ctx)
        return self._replicated.arrived(ctx, image.digest, self._ecr)

    def _push(self, ctx: Context, image: Image, infra: Infrastructure) -> None:
        layout, host = read_layout(Path(image.layout)), infra.repository_url.partition("/")[0]
        registry = self._open(host, self._log_in())
        ctx.say(f"pushing {image.size / 1e6:.1f} MB to {infra.repository_url}")
        try:
            sent = registry.push(
                infra.repository_name, image.tag, _uploads(layout.blobs), _upload(layout.manifest)
            )
            ctx.say(f"{sent / 1e6:.1f} MB sent")
        except ImageError:
            if not self._ecr.has_image(infra.repository_name, image.digest):  # somebody else was faster
                raise
        found = registry.find(infra.repository_name, image.digest)
        if found is None:
            raise ImageError(
                f"{infra.repository_url} does not have {image.digest}", why="the push was accepted"
            )
        _compare(f"{infra.repository_url}@{image.digest}", found.platforms, infra)

    def _resolve(self, ctx: Context, infra: Infrastructure) -> PushedImage:
        """The digest that the user's own reference stands for now: pods then all run the same one."""
        wanted = parse_reference(self._settings.service.image)
        try:
            found = self._look_up(wanted)
        except ImageError as error:
            if not wanted.digest:
                raise
            # What the nodes may pull is not always open to whoever deploys; the digest says what will run.
            ctx.say(f"{error.what}: its platform is not checked, the nodes will tell")
            return PushedImage(wanted.name, wanted.digest, wanted.tag)
        if found is None:
            raise DeployError(
                f"there is no image {self._settings.service.image}",
                why=f"{wanted.host} has no {wanted.digest or wanted.tag} in {wanted.repository}; nothing was "
                "changed, what runs goes on serving",
                fix="correct [service] image in epochctl.toml, or --image",
            )
        _compare(self._settings.service.image, found.platforms, infra)
        return PushedImage(wanted.name, found.digest, wanted.tag)

    def _look_up(self, wanted: Reference) -> Manifest | None:
        ecr = _ECR.fullmatch(wanted.host)  # one login is good for every account that lets us
        login = self._log_in() if ecr and ecr["region"] == self._region else None
        return self._open(wanted.host, login).find(wanted.repository, wanted.digest or wanted.tag)

    def _log_in(self) -> Login:
        login = self._ecr.login()
        return login.username, login.password


def _platform_of(infra: Infrastructure) -> str:
    return f"linux/{normalize(infra.node_architecture)}"


def _compare(name: str, platforms: tuple[str, ...], infra: Infrastructure) -> None:
    wanted = _platform_of(infra)
    if wanted not in platforms:
        raise ImageError(
            f"the image cannot run on the nodes: it is for {', '.join(platforms) or 'no known platform'}",
            why=f"{name} is not for {wanted}, which the nodes are",
            fix="build for that platform, or choose other [cluster] instance_types",
        )


def _uploads(blobs: tuple[Blob, ...]) -> list[Upload]:
    return [_upload(blob) for blob in blobs]


def _upload(blob: Blob) -> Upload:
    return Upload(blob.media_type, blob.digest, blob.path)
