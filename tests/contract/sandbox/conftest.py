"""A running sandbox instance with its own name, started once, and helpers of the tests."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from sandbox.lifecycle import SandboxInstance
from sandbox.preparation.builder import prepare
from sandbox.process import namespaces

NAME = f"contract-{os.getpid()}"


@dataclass(frozen=True)
class RunningInstance:
    """The sandbox instance `name`, from outside. Never call `lifecycle.run`: it moves this process in."""

    name: str
    lifecycle: SandboxInstance
    environment: dict[str, str] = field(default_factory=dict)

    def popen(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        """`epoch-sandbox <arguments>`, in a process group of its own."""
        return subprocess.Popen(
            [sys.executable, "-m", "sandbox", *arguments],
            env={**os.environ, "EPOCH_SANDBOX_NAME": self.name, **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def call(self, *arguments: str, stdin: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
        process = self.popen(*arguments, **environment)
        output, errors = process.communicate(stdin, timeout=180)
        return subprocess.CompletedProcess(process.args, process.returncode, output, errors)

    def python(self, script: str, **environment: str) -> str:
        """What a script says that runs inside; fails when it fails."""
        done = self.call("exec", "--", sys.executable, "-c", script, **environment)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def init_pid(self) -> int:
        pid = self.lifecycle.pid()
        assert pid is not None
        return pid


def wait_for(true: Callable[[], object], seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


def processes(mark: str) -> list[int]:
    """Ids of the processes in whose command line the mark stands."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_bytes().decode(errors="replace")
            except OSError:
                continue
            if mark in words and int(entry.name) != os.getpid():
                found.append(int(entry.name))
    return found


def make(name: str) -> RunningInstance:
    namespaces.check_support()
    return RunningInstance(name, SandboxInstance(prepare, name))


@pytest.fixture(scope="module")
def instance() -> Iterator[RunningInstance]:
    """A running instance."""
    made = make(NAME)
    try:
        made.lifecycle.up(lambda _: None)
        yield made
    finally:
        made.lifecycle.down()


@pytest.fixture
def another() -> Iterator[RunningInstance]:
    """A second instance, not started."""
    made = make(f"{NAME}-another")
    yield made
    made.lifecycle.down()
