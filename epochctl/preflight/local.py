"""Checks of this machine: programs and their versions, Docker, ejected files, disk space."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from epochctl.config import ejected, versions
from epochctl.config.settings import Settings
from epochctl.errors import EpochctlError, ToolError
from epochctl.image.assembler import can_assemble
from epochctl.image.names import platform_of
from epochctl.preflight.check_result import CheckResult, fail, from_error, ok, warn
from epochctl.tools import eksctl, process
from epochctl.tools.docker import Docker
from epochctl.tools.helm import Helm
from epochctl.tools.terraform import Terraform

GIGABYTE = 1e9
MINIMUM_FREE, ENOUGH_FREE = 1.0, 3.0  # GB: the AWS provider alone takes 0.7


class LocalChecks:
    """Checks of the machine on which `up` would run."""

    def __init__(self, settings: Settings, region: str) -> None:
        self._settings = settings
        self._files = settings.state_directory(region).absolute()
        self._region = region

    def terraform(self) -> Iterator[CheckResult]:
        """Check terraform's version."""
        root = self._settings.files_of("terraform")
        terraform = Terraform(root, self._files / "terraform", self._region)
        yield _program("terraform", lambda: terraform.version()[0])

    def helm(self) -> Iterator[CheckResult]:
        """Check helm's version."""
        version = Helm(self._files / "kubeconfig", self._files / "helm").version
        yield _program("helm", lambda: ".".join(map(str, version())))

    def eksctl(self) -> Iterator[CheckResult]:
        """Check eksctl if the settings use it for the load balancer controller's identity."""
        if self._settings.lb_controller.identity == "eksctl":
            yield _program("eksctl", lambda: _version_of("eksctl", eksctl.FIX, "version"))

    def kubectl(self) -> Iterator[CheckResult]:
        """Check kubectl, which epochctl itself does not need."""
        if shutil.which("kubectl") is None:
            yield ok("kubectl", "not installed; epochctl needs none")
            return
        output = process.run(["kubectl", "version", "--client", "-o", "json"], timeout=10)
        found = str(json.loads(output.stdout)["clientVersion"]["gitVersion"]).removeprefix("v")
        yield _compare_version("kubectl", found, required=False)

    def image(self) -> Iterator[CheckResult]:
        """Check that this machine can build the image for the nodes' architecture."""
        if self._settings.service.image:
            return
        try:
            platform = platform_of(self._settings.cluster.instance_types)
        except EpochctlError as error:
            yield from_error("image", error)
            return
        if self._settings.has_edited_dockerfile and not Docker().answers():
            text = f"{self._settings.ejected.dockerfile} is yours and edited: only Docker follows it"
            yield fail("image", text, "start Docker, or take its line out of [ejected] in epochctl.toml")
        elif self._settings.has_edited_dockerfile:
            yield ok("image", f"{platform}, built by Docker from {self._settings.ejected.dockerfile}")
        elif can_assemble(platform):
            yield ok("image", f"{platform}, assembled on this machine; no Docker needed")
        elif Docker().answers():
            yield ok("image", f"{platform}, built by Docker: this machine is another platform")
        else:
            yield fail(
                "image",
                f"the nodes are {platform}, this machine is not, and no Docker daemon answers",
                "start Docker, or choose other [cluster] instance_types",
            )

    def ejected_files(self) -> Iterator[CheckResult]:
        """Report the files that `epochctl eject` copied, and whether epochctl's own have changed since."""
        for one in ejected.parts(self._settings):
            if one.is_outdated:
                yield warn(f"own {one.part}", f"{one.path}: {one.version_text}; it differs", one.remedy)
            else:
                how = (
                    f"{len(one.differing_files)} files changed"
                    if one.differing_files
                    else "as this epochctl has it"
                )
                yield ok(f"own {one.part}", f"{one.path}: {how}; used as it stands ([ejected])")

    def disk(self) -> Iterator[CheckResult]:
        """Check the free space of the disk that holds the private files."""
        directory = next(path for path in (self._files, *self._files.parents) if path.exists())
        free = shutil.disk_usage(directory).free / GIGABYTE
        text = f"{free:.1f} GB free at {_shown(directory, self._settings.directory)}"
        if free < MINIMUM_FREE:
            yield fail("disk", f"{text}; terraform's provider alone takes 0.7", "make room")
        elif free < ENOUGH_FREE:
            yield warn("disk", text, "make room")
        else:
            yield ok("disk", text)


def _program(name: str, version: Callable[[], str]) -> CheckResult:
    try:
        return _compare_version(name, version(), required=True)
    except ToolError as error:
        return from_error(name, error)


def _compare_version(name: str, found: str, *, required: bool) -> CheckResult:
    pin = versions.pin(f"tool.{name}")
    if _numbers(found) >= _numbers(pin.minimum):
        return ok(name, f"{found} (at least {pin.minimum})")
    text, fix = f"{found}, {pin.minimum} or newer is needed", f"install {name} {pin.version}"
    return fail(name, text, fix) if required else warn(name, text, fix)


def _version_of(program: str, fix: str, *arguments: str) -> str:
    output = process.run([process.find(program, fix=fix), *arguments], timeout=10)
    return output.stdout.strip().splitlines()[-1] if output.stdout.strip() else "0"


def _numbers(version: str) -> tuple[int, ...]:
    parts = version.partition("-")[0].partition("+")[0].removeprefix("v").split(".")
    return tuple(int(part) for part in parts[:3] if part.isdigit())


def _shown(path: Path, project: Path) -> str:
    return "the project's folder" if path.is_relative_to(project) else str(path)
