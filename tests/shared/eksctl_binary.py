"""An eksctl for the tests that run it: the machine's own, or one built once from its Go module.

Its releases are on one host alone; its source is in the Go module proxy, to v0.215.0, under its first name.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from kept import kept

from sandbox.preparation.command import run
from sandbox.preparation.go_build import explain
from sandbox.preparation.go_toolchain import find_go
from sandbox.preparation.progress import Progress

MODULE, VERSION = "github.com/weaveworks/eksctl", "v0.215.0"


def find() -> Path:
    """Its path. Raises SandboxError where there is no Go, or it cannot be built."""
    path = shutil.which("eksctl")
    return Path(path) if path else kept("eksctl", VERSION, _build) / "eksctl"


def _build(fresh: Path, work: Path) -> None:
    go = find_go(work, work, Progress(lambda line: None))
    environment = {**go.environment(work), "GOFLAGS": "-modcacherw", "CGO_ENABLED": "0"}

    def told(*arguments: str, directory: Path) -> str:
        argv = [str(go.binary), *arguments]
        return run(argv, what="building eksctl", env=environment, cwd=directory, explain=explain)

    module = json.loads(told("mod", "download", "-json", f"{MODULE}@{VERSION}", directory=work))
    source = work / "source"
    shutil.copytree(module["Dir"], source, copy_function=shutil.copyfile)
    for folder in (source, *(path for path in source.rglob("*") if path.is_dir())):
        folder.chmod(0o755)
    options = ("-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", str(fresh / "eksctl"))
    told("build", *options, "./cmd/eksctl", directory=source)
