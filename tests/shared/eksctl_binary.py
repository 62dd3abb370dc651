"""An eksctl for the tests that run it: the machine's own, or one built once from its Go module.

Its releases are on one host alone; its source is in the Go module proxy, to v0.215.0, under its first name.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from sandbox.places import cache_directory
from sandbox.preparation.golang import find_go
from sandbox.preparation.progress import Progress

MODULE, VERSION = "github.com/weaveworks/eksctl", "v0.215.0"
BUILD_SECONDS = 2400


def find() -> Path:
    """Its path. Raises SandboxError where there is no Go, RuntimeError where it cannot be built."""
    if path := shutil.which("eksctl"):
        return Path(path)
    made = cache_directory().parent / "epochctl-eksctl" / VERSION / "eksctl"
    if not made.exists():
        made.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=made.parent) as work:
            _build(Path(work)).rename(made)  # whole or absent
    return made


def _build(work: Path) -> Path:
    go = find_go(work, work, Progress(lambda line: None))
    settings = {**os.environ, **go.environment(work), "GOFLAGS": "-modcacherw", "CGO_ENABLED": "0"}
    environment = {key: value for key, value in settings.items() if value is not None}

    def run(*arguments: str, directory: Path) -> str:
        argv = [str(go.binary), *arguments]
        done = subprocess.run(
            argv, cwd=directory, env=environment, capture_output=True, text=True, timeout=BUILD_SECONDS
        )
        if done.returncode:
            raise RuntimeError(f"{' '.join(argv[:3])}: {done.stderr[-2000:]}")
        return done.stdout

    told = json.loads(run("mod", "download", "-json", f"{MODULE}@{VERSION}", directory=work))
    source = work / "source"
    shutil.copytree(told["Dir"], source, copy_function=shutil.copyfile)
    for folder in (source, *(path for path in source.rglob("*") if path.is_dir())):
        folder.chmod(0o755)
    made = work / "eksctl"
    options = ("-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", str(made))
    run("build", *options, "./cmd/eksctl", directory=source)
    return made
