"""`build`: the server's image as a layout on disk, for the platform of the nodes.

Pushes nothing, needs no AWS. With an image of the user's own there is nothing to build; the step then only
says for which platform it must be. Of several regions side by side one makes it, the others copy it.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar

from epochctl.config import package_files
from epochctl.config.settings import Settings
from epochctl.errors import ImageError
from epochctl.image import assembler, rootfs
from epochctl.image.assembler import content_key
from epochctl.image.entries import read_tar
from epochctl.image.layout import Layout, copy_layout, read_layout, unfinished
from epochctl.image.names import platform_of
from epochctl.outputs import Image
from epochctl.tools.docker import Docker
from epochctl.workflow.step import Context, Observation
from epochctl.workflow.waiting import Pending, Ready

# What the Dockerfile copies; the packages stand where they are imported from.
DESCRIPTION = ("Dockerfile", "pyproject.toml", "uv.lock")
PACKAGES = ("epochctl", "server")
PATIENCE = 1800.0  # seconds for what another region makes; Docker may emulate a processor

_making = threading.Lock()  # one image at a time: regions at work side by side want the same one


class Build:
    """Assembles where this machine has the nodes' processor, else asks Docker for the root filesystem."""

    name: ClassVar[str] = "build"
    needs: ClassVar[tuple[type, ...]] = ()
    produces: ClassVar[type] = Image

    def __init__(self, settings: Settings, region: str, docker: Docker | None = None) -> None:
        self._settings = settings
        self._directory = settings.state_directory(region) / "image"
        self._others = tuple(
            settings.state_directory(other) / "image" for other in settings.regions if other != region
        )
        self._docker = docker or Docker()

    def observe(self, ctx: Context) -> Observation:
        platform = self._platform()
        if self._settings.service.image:
            return Observation(Image("", "", "", platform, 0))
        _, key = self._inputs(platform)
        if layout := _whole(self._directory, key):
            return Observation(_describe(layout), exists=True)
        return Observation(None, (f"build the image for {platform}",), exists=self._directory.exists())

    def apply(self, ctx: Context) -> Image:
        platform = self._platform()
        if self._settings.service.image:
            return Image("", "", "", platform, 0)
        sources, key = self._inputs(platform)
        layout = _whole(self._directory, key)
        if layout is None:
            with _alone(ctx):
                layout = self._copied(ctx, key) or self._make_layout(ctx, platform, sources, key)
        ctx.say(f"{layout.manifest.digest[:19]}, {layout.size / 1e6:.1f} MB, {layout.platform}")
        return _describe(layout)

    def destroy(self, ctx: Context) -> tuple[str, ...]:
        shutil.rmtree(unfinished(self._directory), ignore_errors=True)
        if not self._directory.exists():
            return ()
        shutil.rmtree(self._directory)
        return (f"image layout {self._directory}",)

    def _platform(self) -> str:
        return platform_of(self._settings.cluster.instance_types)

    def _copied(self, ctx: Context, key: str) -> Layout | None:
        """The same image, where another region has it."""
        found = next((layout for each in self._others if (layout := _whole(each, key))), None)
        if found is None:
            return None
        ctx.say(f"as {found.directory.parent.name} has it")
        return copy_layout(found, self._directory)

    def _make_layout(self, ctx: Context, platform: str, sources: rootfs.Sources, key: str) -> Layout:
        self._directory.parent.mkdir(parents=True, exist_ok=True)
        if self._settings.has_edited_dockerfile:
            ctx.say(f"Docker builds the root filesystem by {self._settings.ejected.dockerfile}")
            return self._export_layout(platform, key)
        if assembler.can_assemble(platform) or not self._docker.answers():
            ctx.say(f"assembling {len(sources.modules)} modules for {platform}")
            return assembler.assemble_image(self._directory, platform, sources, key)
        ctx.say(f"Docker builds the root filesystem for {platform}")
        return self._export_layout(platform, key)

    def _inputs(self, platform: str) -> tuple[rootfs.Sources, str]:
        """What the image is made of, and its key; an edited Dockerfile is part of both."""
        sources = rootfs.find_sources(self._settings.files_of("server"))
        key = content_key(sources, platform)
        if self._settings.has_edited_dockerfile:
            key = hashlib.sha256(
                key.encode() + self._settings.files_of("dockerfile").read_bytes()
            ).hexdigest()
        return sources, key

    def _write_context(self, directory: Path) -> None:
        """What Docker is sent: the same in a checkout and as installed, the user's own where ejected."""
        directory.mkdir()
        for name in DESCRIPTION:
            shutil.copyfile(package_files.find(name), directory / name)
        shutil.copyfile(self._settings.files_of("dockerfile"), directory / "Dockerfile")
        for name in PACKAGES:
            source = self._settings.files_of("server") if name == "server" else rootfs.find_package(name)
            shutil.copytree(source, directory / name, ignore=shutil.ignore_patterns("__pycache__", "files"))

    def _export_layout(self, platform: str, key: str) -> Layout:
        with tempfile.TemporaryDirectory(prefix="epochctl-") as directory:
            context, archive = Path(directory) / "context", Path(directory) / "root.tar"
            self._write_context(context)
            self._docker.export_root(context, platform, archive)
            return assembler.package_entries(self._directory, platform, read_tar(archive), key)


def _describe(layout: Layout) -> Image:
    digest = layout.manifest.digest
    tag = "sha256-" + digest.removeprefix("sha256:")[:16]
    return Image(str(layout.directory), digest, tag, layout.platform, layout.size)


def _whole(directory: Path, key: str) -> Layout | None:
    """The layout that is there, where it was made from these inputs."""
    try:
        layout = read_layout(directory)
    except ImageError:
        return None
    return layout if layout.inputs == key else None


@contextmanager
def _alone(ctx: Context) -> Iterator[None]:
    """While nobody else in this process makes an image. A stop ends the wait."""

    def probe() -> Ready[bool] | Pending:
        return Ready(True) if _making.acquire(blocking=False) else Pending("it is being made")

    ctx.wait_for("the image that another region makes", probe, deadline=PATIENCE, longest=1.0)
    try:
        yield
    finally:
        _making.release()
