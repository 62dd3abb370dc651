"""`build`: the server's image as an OCI layout on disk, for the platform of the nodes.

Makes no AWS request. With [service] image there is nothing to build: the step then only returns the platform.
Where several regions build at the same time, one builds and the others copy.
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

# What the Dockerfile copies. The packages are copied from where Python imports them.
BUILD_FILES = ("Dockerfile", "pyproject.toml", "uv.lock")
PACKAGES = ("epochctl", "server")
OTHER_BUILD_DEADLINE = 1800.0  # seconds for another region's build; Docker may emulate the processor

_build_lock = threading.Lock()  # one build at a time: regions in parallel need the same image


class Build:
    """The image of one region, assembled here or, for another processor, with a root filesystem by Docker."""

    name: ClassVar[str] = "build"
    needs: ClassVar[tuple[type, ...]] = ()
    produces: ClassVar[type] = Image

    def __init__(self, settings: Settings, region: str, docker: Docker | None = None) -> None:
        self._settings = settings
        self._directory = settings.state_directory(region) / "image"
        self._other_directories = tuple(
            settings.state_directory(other) / "image" for other in settings.regions if other != region
        )
        self._docker = docker or Docker()

    def observe(self, ctx: Context) -> Observation:
        """Compare the layout on disk with the files that it is made of."""
        platform = self._platform()
        if self._settings.service.image:
            return Observation(Image("", "", "", platform, 0))
        _, key = self._inputs(platform)
        if layout := _current_layout(self._directory, key):
            return Observation(_describe(layout), exists=True)
        return Observation(None, (f"build the image for {platform}",), exists=self._directory.exists())

    def apply(self, ctx: Context) -> Image:
        """Build the layout, or copy it from another region of this directory. Raises ImageError."""
        platform = self._platform()
        if self._settings.service.image:
            return Image("", "", "", platform, 0)
        sources, key = self._inputs(platform)
        layout = _current_layout(self._directory, key)
        if layout is None:
            with _exclusive(ctx):
                layout = self._copy_layout(ctx, key) or self._make_layout(ctx, platform, sources, key)
        ctx.report(f"{layout.manifest.digest[:19]}, {layout.size / 1e6:.1f} MB, {layout.platform}")
        return _describe(layout)

    def destroy(self, ctx: Context) -> tuple[str, ...]:
        """Delete the layout; return a line if there was one."""
        shutil.rmtree(unfinished(self._directory), ignore_errors=True)
        if not self._directory.exists():
            return ()
        shutil.rmtree(self._directory)
        return (f"image layout {self._directory}",)

    def _platform(self) -> str:
        """Return the platform of the instance types."""
        return platform_of(self._settings.cluster.instance_types)

    def _copy_layout(self, ctx: Context, key: str) -> Layout | None:
        """Copy the layout of another region that was made from the same inputs; None where there is none."""
        found = next(
            (layout for each in self._other_directories if (layout := _current_layout(each, key))), None
        )
        if found is None:
            return None
        ctx.report(f"as {found.directory.parent.name} has it")
        return copy_layout(found, self._directory)

    def _make_layout(self, ctx: Context, platform: str, sources: rootfs.Sources, key: str) -> Layout:
        self._directory.parent.mkdir(parents=True, exist_ok=True)
        if self._settings.has_edited_dockerfile:
            ctx.report(f"Docker builds the root filesystem by {self._settings.ejected.dockerfile}")
            return self._export_layout(platform, key)
        if assembler.can_assemble(platform) or not self._docker.answers():
            ctx.report(f"assembling {len(sources.modules)} modules for {platform}")
            return assembler.assemble_image(self._directory, platform, sources, key)
        ctx.report(f"Docker builds the root filesystem for {platform}")
        return self._export_layout(platform, key)

    def _inputs(self, platform: str) -> tuple[rootfs.Sources, str]:
        """Return the sources and their digest, which includes an edited Dockerfile."""
        sources = rootfs.find_sources(self._settings.files_of("server"))
        key = content_key(sources, platform)
        if self._settings.has_edited_dockerfile:
            key = hashlib.sha256(
                key.encode() + self._settings.files_of("dockerfile").read_bytes()
            ).hexdigest()
        return sources, key

    def _write_context(self, directory: Path) -> None:
        """Write Docker's build context: the same in a checkout and as installed, with ejected files."""
        directory.mkdir()
        for name in BUILD_FILES:
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


def _current_layout(directory: Path, key: str) -> Layout | None:
    """Return the layout in `directory` if it was made from these inputs, else None."""
    try:
        layout = read_layout(directory)
    except ImageError:
        return None
    return layout if layout.inputs == key else None


@contextmanager
def _exclusive(ctx: Context) -> Iterator[None]:
    """Hold the build lock while the block runs. A stop ends the wait for it."""

    def probe() -> Ready[bool] | Pending:
        return Ready(True) if _build_lock.acquire(blocking=False) else Pending("it is being made")

    ctx.wait_for("the image that another region makes", probe, deadline=OTHER_BUILD_DEADLINE, longest=1.0)
    try:
        yield
    finally:
        _build_lock.release()
