"""A world for the benchmarks, and what runs in it. Everything is bounded; the world ends whatever happens."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
LONGEST = 900.0  # seconds of one command
AWS_CLI = "awscli>=1.40,<2"


class World:
    """One world and one working directory; `exec` runs inside, `seconds` tells how long it took."""

    def __init__(self, directory: Path, name: str) -> None:
        self.directory = directory
        self._environment = {**os.environ, "EPOCH_SANDBOX_NAME": name, "NO_COLOR": "1"}

    def control(self, *words: str) -> float:
        """`epoch-sandbox words`: what the world is told from outside."""
        start = time.perf_counter()
        self._run(str(BIN / "epoch-sandbox"), *words)
        return time.perf_counter() - start

    def execute(self, *argv: str, **environment: str) -> str:
        """Its standard output. Raises RuntimeError with the end of what it said where it fails."""
        return self._run(str(BIN / "epoch-sandbox"), "exec", "--", *argv, **environment)

    def seconds(self, *argv: str, **environment: str) -> float:
        start = time.perf_counter()
        self.execute(*argv, **environment)
        return time.perf_counter() - start

    def epochctl(self, *words: str) -> float:
        return self.seconds(str(BIN / "epochctl"), *words)

    def _run(self, *argv: str, **environment: str) -> str:
        ended = subprocess.run(
            argv,
            cwd=self.directory,
            env={**self._environment, **environment},
            capture_output=True,
            text=True,
            timeout=LONGEST,
        )
        if ended.returncode != 0:
            raise RuntimeError(f"{' '.join(argv[-4:])}: {(ended.stdout + ended.stderr)[-3000:]}")
        return ended.stdout


@contextmanager
def world(directory: Path) -> Iterator[World]:
    """Not started: `control("up")` does, so that it can be measured."""
    made = World(directory, f"bench-{os.getpid()}")
    try:
        yield made
    finally:
        made.control("down")


def aws_cli() -> Path:
    """The aws command line, in an environment of its own (its botocore differs) in the user's cache."""
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "epochctl-bench" / "aws"
    program = home / "bin" / "aws"
    if not program.exists():
        uv = [sys.executable, "-m", "uv"]
        for words in (
            ["venv", "--quiet", "--clear", "--python", sys.executable, str(home)],
            [
                "pip",
                "install",
                "--quiet",
                "--system-certs",
                "--python",
                str(home / "bin" / "python"),
                AWS_CLI,
            ],
        ):
            subprocess.run([*uv, *words], check=True, timeout=600)
    return program
