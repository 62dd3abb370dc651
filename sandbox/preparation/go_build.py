"""Builds of the Go programs from their modules, as many as possible in one `go install`."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from sandbox.errors import SandboxError
from sandbox.preparation import pins
from sandbox.preparation.command import run
from sandbox.preparation.go_toolchain import Go, compilers
from sandbox.preparation.progress import Progress, Task

CONTROLLER_MODULE = "sigs.k8s.io/aws-load-balancer-controller"
_MAJOR, _MINOR, _ = pins.KUBERNETES.split(".")
_SETTINGS = {
    # Without these the API server calls itself v0.0.0-master, and charts with a kubeVersion refuse it.
    "k8s.io/component-base/version": {
        "gitVersion": f"v{pins.KUBERNETES}",
        "gitMajor": _MAJOR,
        "gitMinor": _MINOR,
        "gitCommit": "unknown",
        "gitTreeState": "clean",
    },
    "github.com/containerd/containerd/v2/version": {"Version": pins.CONTAINERD},
    "github.com/google/go-containerregistry/cmd/crane/cmd": {"Version": pins.CRANE},
    f"{CONTROLLER_MODULE}/pkg/version": {"GitVersion": f"v{pins.CONTROLLER}"},
}
# Unoptimised code without debug information compiles in three quarters of the time and serves as well here.
FLAGS = (
    "-mod=readonly",
    "-trimpath",
    "-buildvcs=false",
    "-gcflags=all=-N -l -dwarf=false",
    "-ldflags=-s -w "
    + " ".join(
        f"-X {package}.{key}={value}" for package, pairs in _SETTINGS.items() for key, value in pairs.items()
    ),
)

# Packages that together need most of what the programs need of the standard library, and little else.
STANDARD = (
    "net/http/pprof",
    "encoding/xml",
    "html/template",
    "expvar",
    "log/slog",
    "archive/tar",
    "archive/zip",
)


@dataclass(frozen=True)
class Build:
    """Programs of one module, by import path. Tags and cgo do not spoil the compile cache; flags would."""

    module: Path
    packages: dict[str, str]
    tags: str
    cgo: bool = False

    def of(self, names: Sequence[str]) -> Build | None:
        """The part of this build that makes the named programs."""
        wanted = {name: package for name, package in self.packages.items() if name in names}
        return Build(self.module, wanted, self.tags, self.cgo) if wanted else None

    def arguments(self) -> list[str]:
        return [*FLAGS, f"-tags={self.tags}", *self.packages.values()]


BUILDS = (
    Build(
        pins.TOOLS,
        {
            # First, as go begins there: it needs the one package that takes longest by itself.
            "aws-load-balancer-controller": CONTROLLER_MODULE,
            "etcd": "go.etcd.io/etcd/server/v3",
            **{
                f"kube-{part}": f"k8s.io/kubernetes/cmd/kube-{part}"
                for part in ("apiserver", "controller-manager", "scheduler")
            },
            "kubelet": "k8s.io/kubernetes/cmd/kubelet",
            **{
                f"{part}": f"github.com/containerd/containerd/v2/cmd/{part}"
                for part in ("containerd", "containerd-shim-runc-v2", "ctr")
            },
            **{
                f"{part}": f"github.com/containernetworking/plugins/plugins/main/{part}"
                for part in ("bridge", "loopback")
            },
            "crane": "github.com/google/go-containerregistry/cmd/crane",
        },
        tags="no_btrfs,no_devmapper,no_zfs",  # their C libraries
    ),
    # With Go's own resolver and user lookup there is no C but runc's, and the standard library is shared.
    Build(pins.TOOLS / "runc", {"runc": "github.com/opencontainers/runc"}, tags="netgo,osusergo", cgo=True),
)


def build(go: Go, names: Sequence[str], built: Path, scratch: Path, progress: Progress) -> dict[str, Path]:
    """Build the named programs below `built`; what an interrupted run left there is used again."""
    builds = [part for part in (each.of(names) for each in BUILDS) if part]
    environment = {**go.environment(scratch), "GOBIN": str(built)}
    if any(each.cgo for each in builds):
        environment["CC"] = c_compiler()
    with progress.task("Go modules") as task, ThreadPoolExecutor(1) as pool:
        standard = pool.submit(
            _compile_standard_library, go, environment
        )  # fetching leaves the processors idle
        fetched = _Fetched(task)
        totals = [_download(go, each, environment, fetched.line) for each in builds]
        task.note = f"{sum(totals)} packages to build from"
        standard.result()
    made: dict[str, Path] = {}
    for each, total in zip(builds, totals, strict=True):
        made.update(_install(go, each, environment, total, built, progress))
    return made


def module_directory(go: Go, module: str, scratch: Path) -> Path:
    """Where a module of go.mod is unpacked; fetched if it is not there."""
    environment = go.environment(scratch)
    run(
        [str(go.binary), "mod", "download", module],
        what=f"fetching {module}",
        env=environment,
        cwd=pins.TOOLS,
        explain=explain,
    )
    listed = [str(go.binary), "list", "-mod=readonly", "-m", "-f", "{{.Dir}}", module]
    return Path(
        run(listed, what=f"looking for {module}", env=environment, cwd=pins.TOOLS, explain=explain).strip()
    )


def _download(
    go: Go, build: Build, environment: dict[str, str | None], on_line: Callable[[str], None]
) -> int:
    """Have all modules on this machine, and count the packages: so the build after it knows how far it is."""
    packages = build.packages.values()
    argv = [str(go.binary), "list", "-deps", "-mod=readonly", f"-tags={build.tags}", *packages]
    env = {**environment, "CGO_ENABLED": str(int(build.cgo))}
    out = run(argv, what="fetching Go modules", env=env, cwd=build.module, on_line=on_line, explain=explain)
    return len(out.splitlines())


class _Fetched:
    """Reads what go says about modules that it fetches."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._modules = 0

    def line(self, line: str) -> None:
        if line.startswith("go: downloading "):
            self._modules += 1
            self._task.note = f"{self._modules} fetched, now {line.split()[2]}"


def _compile_standard_library(go: Go, environment: dict[str, str | None]) -> None:
    argv = [str(go.binary), "build", *FLAGS, *STANDARD]
    env = {**environment, "CGO_ENABLED": "0"}
    run(argv, what="building Go's standard library", env=env, cwd=pins.TOOLS, explain=explain)


def _install(
    go: Go, build: Build, environment: dict[str, str | None], total: int, built: Path, progress: Progress
) -> dict[str, Path]:
    built.mkdir(exist_ok=True)
    made = {name: built / installed_as(package) for name, package in build.packages.items()}
    what = f"{len(made)} Go programs" if len(made) > 1 else next(iter(made))
    with progress.task(f"building {what}") as task:
        counted = _Counter(total, list(made.values()))
        task.note = counted.note
        argv = [str(go.binary), "install", "-v", f"-p={compilers()}", *build.arguments()]
        env = {**environment, "CGO_ENABLED": str(int(build.cgo))}
        run(
            argv,
            what="building the Go programs",
            env=env,
            cwd=build.module,
            on_line=counted.line,
            explain=explain,
        )
        task.note = f"{counted.packages} packages compiled"
    return made


class _Counter:
    """Reads what `go install -v` says: a package as its compilation begins. A finished program is a file."""

    def __init__(self, total: int, programs: list[Path]) -> None:
        self.packages = 0
        self._total = total
        self._programs = programs
        self._now = ""

    def line(self, line: str) -> None:
        if " " not in line:  # else it is a message, not a package
            self.packages += 1
            self._now = line

    def note(self) -> str:
        done = sum(program.exists() for program in self._programs)
        now = f", now {self._now}" if self._now else ""
        return f"{self.packages} of {self._total} packages, {done} of {len(self._programs)} programs{now}"


def installed_as(package: str) -> str:
    """The file name that `go install` gives: the last element of the path that is not a major version."""
    return [part for part in package.split("/") if not re.fullmatch(r"v\d+", part)][-1]


def explain(why: str) -> str:
    """What to do about a failing Go command."""
    if re.search(
        r"no such host|dial tcp|i/o timeout|connection refused|TLS handshake|server misbehaving", why
    ):
        return "check the network, or point GOPROXY at a mirror of the Go module proxy"
    if "no space left" in why:
        return "free 5 GB, or set EPOCH_SANDBOX_CACHE to a directory on a bigger disk"
    if "signal: killed" in why:
        return "the system ran out of memory: close something, or give this machine 4 GB"
    if "C compiler" in why or "stdlib.h" in why or "cgo:" in why:
        return _COMPILER
    return "run it again: it goes on where it stopped"


_COMPILER = (
    "install a C compiler (sudo apt-get install gcc libc6-dev, or sudo dnf install gcc glibc-devel), "
    "or put runc 1.1.5 or newer on PATH"
)


def c_compiler() -> str:
    """$CC, else one on PATH. Asked for before minutes are spent on the other programs."""
    compiler = os.environ.get("CC") or next(filter(shutil.which, ("gcc", "cc", "clang")), "")
    if not compiler or not shutil.which(compiler.split()[0]):
        why = f"CC is {compiler}, which is not there" if compiler else "none of gcc, cc and clang is on PATH"
        raise SandboxError("runc needs a C compiler to be built", why=why, fix=_COMPILER)
    return compiler
