"""A world of its own and a working directory, for the tests that run epochctl as a user does."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

BIN = Path(sys.executable).parent
HOSTNAME = "epoch.sandbox.test"
URL = f"https://{HOSTNAME}/"
BUCKET = "s3/bucket epochctl-state-"  # begins its line in the inventory: what `down` keeps on purpose


class Sandbox:
    """One world and one working directory. Everything runs inside the world and is bounded in time."""

    def __init__(self, directory: Path, name: str) -> None:
        self.directory = directory
        self.environment = {**os.environ, "EPOCH_SANDBOX_NAME": f"{name}-{os.getpid()}", "NO_COLOR": "1"}
        self.environment.pop("API_HOSTNAME", None)

    def popen(self, *argv: str, program: str = "epoch-sandbox") -> subprocess.Popen[str]:
        """Start it in a session of its own, so that a test can end the whole group."""
        return subprocess.Popen(
            [str(BIN / program), *argv],
            cwd=self.directory,
            env=self.environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def run(self, *argv: str, code: int | None = 0, seconds: float = 400) -> str:
        """Run `epoch-sandbox exec -- argv`; its output, when it ended with `code` (None: with any)."""
        process = self.popen("exec", "--", *argv)
        try:
            output, _ = process.communicate(timeout=seconds)
        finally:
            process.kill()
        assert code is None or process.returncode == code, output
        return output

    def epochctl(self, *arguments: str, code: int | None = 0, seconds: float = 400) -> str:
        return self.run(str(BIN / "epochctl"), *arguments, code=code, seconds=seconds)

    def kubectl(self, *arguments: str, code: int | None = 0) -> str:
        config = next(self.directory.glob(".epochctl/*/*/*/kubeconfig"))
        return self.run(
            "kubectl", f"--kubeconfig={config}", "-n", "epoch-production", *arguments, code=code, seconds=120
        )

    def control(self, *argv: str) -> str:
        """Run `epoch-sandbox argv`: what the world is told or asked from outside (fault, inventory, logs)."""
        output = subprocess.run(
            [str(BIN / "epoch-sandbox"), *argv],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert output.returncode == 0, output.stderr
        return output.stdout

    def inventory(self) -> list[str]:
        return self.control("inventory").split("\n")

    @contextmanager
    def fault(self, name: str, *options: str) -> Iterator[None]:
        """Switched on, and off again at the end whatever happens."""
        self.control("fault", "start", name, *options)
        try:
            yield
        finally:
            self.control("fault", "stop", name)


@contextmanager
def bounded(process: subprocess.Popen[str], seconds: float = 600) -> Iterator[None]:
    """Killed with its whole group where the block takes longer: reading from it never hangs."""
    timer = threading.Timer(seconds, os.killpg, (process.pid, signal.SIGKILL))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


@contextmanager
def world(directory: Path, name: str) -> Iterator[Sandbox]:
    """A world that is up, and ended at the end."""
    sandbox = Sandbox(directory, name)
    program = str(BIN / "epoch-sandbox")
    subprocess.run([program, "up"], env=sandbox.environment, check=True, timeout=600)
    try:
        yield sandbox
    finally:
        subprocess.run([program, "down"], env=sandbox.environment, check=True, timeout=60)


def events(output: str) -> list[dict[str, object]]:
    """The events of `-o json`, in order."""
    return [json.loads(line) for line in output.splitlines() if line.startswith("{")]
