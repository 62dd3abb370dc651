"""This machine: programs, their versions, Docker where it is needed, room on the disk. Asks no AWS."""

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
from epochctl.preflight.check_result import CheckResult, fail, failed, ok, warn
from epochctl.tools import eksctl, process
from epochctl.tools.docker import Docker
from epochctl.tools.helm import Helm
from epochctl.tools.terraform import Terraform

GIGABYTE = 1e9
LEAST, ENOUGH = 1.0, 3.0  # GB: the provider alone is 0.7


class LocalMachine:
    """The machine on which `up` would run."""

    def __init__(self, settings: Settings, region: str) -> None:
        self._settings = settings
        self._files = settings.state_directory(region).absolute()
        self._region = region

    def terraform(self) -> Iterator[CheckResult]:
        root = self._settings.files_of("terraform")
        terraform = Terraform(root, self._files / "terraform", self._region)
        yield _program("terraform", lambda: terraform.version()[0])

    def helm(self) -> Iterator[CheckResult]:
        version = Helm(self._files / "kubeconfig", self._files / "helm").version
        yield _program("helm", lambda: ".".join(map(str, version())))

    def eksctl(self) -> Iterator[CheckResult]:
        """Only where the settings say that it makes the controller's identity."""
        if self._settings.lb_controller.identity == "eksctl":
            yield _program("eksctl", lambda: _version_of("eksctl", eksctl.FIX, "version"))

    def kubectl(self) -> Iterator[CheckResult]:
        """epochctl needs none; a person may."""
        if shutil.which("kubectl") is None:
            yield ok("kubectl", "not installed; epochctl needs none")
            return
        told = process.run(["kubectl", "version", "--client", "-o", "json"], timeout=10)
        found = str(json.loads(told.stdout)["clientVersion"]["gitVersion"]).removeprefix("v")
        yield _old_enough("kubectl", found, needed=False)

    def image(self) -> Iterator[CheckResult]:
        """Whether the image can be made here for the nodes' processor; Docker only where it must help."""
        if self._settings.service.image:
            return
        try:
            platform = platform_of(self._settings.cluster.instance_types)
        except EpochctlError as error:
            yield failed("image", error)
            return
        if self._settings.has_edited_dockerfile and not Docker().answers():
            words = f"{self._settings.ejected.dockerfile} is yours and edited: only Docker follows it"
            yield fail("image", words, "start Docker, or take its line out of [ejected] in epochctl.toml")
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

    def own_files(self) -> Iterator[CheckResult]:
        """What `epochctl eject` copied out: epochctl's own changes no longer reach it."""
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
        place = next(path for path in (self._files, *self._files.parents) if path.exists())
        free = shutil.disk_usage(place).free / GIGABYTE
        words = f"{free:.1f} GB free at {_shown(place, self._settings.directory)}"
        if free < LEAST:
            yield fail("disk", f"{words}; terraform's provider alone takes 0.7", "make room")
        elif free < ENOUGH:
            yield warn("disk", words, "make room")
        else:
            yield ok("disk", words)


def _program(name: str, version: Callable[[], str]) -> CheckResult:
    try:
        return _old_enough(name, version(), needed=True)
    except ToolError as error:
        return failed(name, error)


def _old_enough(name: str, found: str, *, needed: bool) -> CheckResult:
    pin = versions.pin(f"tool.{name}")
    if _numbers(found) >= _numbers(pin.minimum):
        return ok(name, f"{found} (at least {pin.minimum})")
    words, fix = f"{found}, {pin.minimum} or newer is needed", f"install {name} {pin.version}"
    return fail(name, words, fix) if needed else warn(name, words, fix)


def _version_of(program: str, fix: str, *arguments: str) -> str:
    told = process.run([process.find(program, fix=fix), *arguments], timeout=10)
    return told.stdout.strip().splitlines()[-1] if told.stdout.strip() else "0"


def _numbers(version: str) -> tuple[int, ...]:
    parts = version.partition("-")[0].partition("+")[0].removeprefix("v").split(".")
    return tuple(int(part) for part in parts[:3] if part.isdigit())


def _shown(place: Path, directory: Path) -> str:
    return "the project's folder" if place.is_relative_to(directory) else str(place)
