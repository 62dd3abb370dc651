"""actionlint, built once from its pinned Go module and kept in the user's cache."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

from sandbox.preparation.go_toolchain import USUAL_DIRECTORIES

MODULE = Path(__file__).parents[2] / "tools"
PACKAGE = "github.com/rhysd/actionlint/cmd/actionlint"


def program() -> Path:
    """The program, made where it is not there yet."""
    sums = hashlib.sha256((MODULE / "go.sum").read_bytes() + (MODULE / "go.mod").read_bytes()).hexdigest()
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "epochctl" / "tests"
    made = cache / f"actionlint-{sums[:16]}"
    if not made.exists():
        go = shutil.which("go", path=os.pathsep.join((os.environ.get("PATH", ""), *USUAL_DIRECTORIES)))
        assert go, "Go is needed to build actionlint"
        cache.mkdir(parents=True, exist_ok=True)
        scratch = made.with_suffix(f".{os.getpid()}")
        argv = [go, "build", "-C", str(MODULE), "-mod=readonly", "-o", str(scratch), PACKAGE]
        subprocess.run(argv, check=True, timeout=300, env={**os.environ, "GOWORK": "off", "GOFLAGS": ""})
        scratch.replace(made)
    return made


def complaints(repository: Path) -> str:
    """What it finds in the workflows of a repository, "" for nothing."""
    argv = [str(program()), "-no-color", "-oneline"]
    done = subprocess.run(argv, cwd=repository, capture_output=True, text=True, timeout=60)
    return done.stdout + done.stderr
