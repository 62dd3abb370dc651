"""The lifecycle of a sandbox instance, from outside: start it, find it, run commands in it, end it.

All its files are in one state directory. pid.json there holds the process id of its process 1.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from sandbox.errors import SandboxError
from sandbox.paths import REGION, Paths, cache_directory
from sandbox.preparation.toolbox import Toolbox
from sandbox.process import control_groups, namespaces

START_SECONDS = 180.0  # it takes two or three; a machine that others keep busy took fifty
_DROPPED_VARIABLES = (
    "AWS_",
    "KUBECONFIG",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "http_proxy",
    "https_proxy",
    "all_proxy",
    "TF_",
    "HELM_",
)


class SandboxInstance:
    """The sandbox instance called `name`. Each name has its own state directory."""

    def __init__(self, prepare: Callable[[], Toolbox], name: str = "") -> None:
        """prepare: called when the toolbox is first needed. Ending an instance does not need it."""
        self._prepare = prepare
        name = name or os.environ.get("EPOCH_SANDBOX_NAME") or "default"
        self.state = cache_directory() / "instances" / name
        self.logs = self.state / "logs"

    @cached_property
    def _toolbox(self) -> Toolbox:
        return self._prepare()

    @cached_property
    def paths(self) -> Paths:
        toolbox = self._toolbox
        return Paths(
            state=self.state,
            bin=toolbox.bin,
            registry=toolbox.registry,
            charts=toolbox.charts,
            authority=toolbox.authority,
        )

    def pid(self) -> int | None:
        """Return the host process id of the running instance's process 1, or None."""
        try:
            pid, started = json.loads((self.state / "pid.json").read_text())
        except (OSError, ValueError):
            return None
        return int(pid) if _start_time(int(pid)) == started else None

    def up(self, report: Callable[[str], None]) -> bool:
        """Start the instance unless it is running. Return whether it was started. Raises SandboxError."""
        with self._lock():
            if self.pid() is not None and (self.state / "ready.json").exists():
                return False
            _check_packages()
            namespaces.check_support()
            self._end()  # one that never got ready: who started it was killed
            self._clean()
            report("starting the sandbox instance: network, name server, AWS APIs, registry")
            self._start()
            return True

    def down(self) -> bool:
        """End the instance and remove its files. Return whether it was running."""
        with self._lock():
            ended = self._end()
            self._clean()
            (self.state / "logs").rmdir()
            (self.state / "lock").unlink()
            with suppress(OSError):  # tool_environment() keeps a file here that outlives the instance
                self.state.rmdir()
        return ended

    def _end(self) -> bool:
        """TERM, then KILL; True when there was something to end."""
        pid = self.pid()
        if pid is None:
            return False
        for sign, seconds in ((signal.SIGTERM, 20), (signal.SIGKILL, 5)):
            with suppress(ProcessLookupError):
                os.kill(pid, sign)
            deadline = time.monotonic() + seconds
            while self.pid() is not None and time.monotonic() < deadline:
                time.sleep(0.1)
            if self.pid() is None:
                break
        return True

    def environment(self) -> dict[str, str]:
        """Return the environment of commands in the instance: standard variables only."""
        kept = {key: value for key, value in os.environ.items() if not key.startswith(_DROPPED_VARIABLES)}
        bundle = str(self.paths.ca_bundle)
        try:
            ready = json.loads((self.state / "ready.json").read_text())
        except (OSError, ValueError) as error:
            raise SandboxError("the sandbox instance is not running", fix="epoch-sandbox up") from error
        return {
            **kept,
            **dict.fromkeys(
                ("AWS_CA_BUNDLE", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"), bundle
            ),
            **ready,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_CONFIG_FILE": "/dev/null",
            "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
            "AWS_EC2_METADATA_DISABLED": "true",
            "TF_CLI_CONFIG_FILE": str(self.state / "terraform.rc"),
            "CHECKPOINT_DISABLE": "1",
            "PATH": self.paths.environment()["PATH"],
        }

    def tool_environment(self) -> dict[str, str]:
        """Return variables for tests outside: programs on PATH, and Terraform's provider mirror."""
        rc = self.state / "tools.rc"
        self.state.mkdir(parents=True, exist_ok=True)
        rc.write_text(self._terraform_rc())
        path = f"{self.paths.bin}:{os.environ.get('PATH', '')}"
        return {"PATH": path, "TF_CLI_CONFIG_FILE": str(rc), "CHECKPOINT_DISABLE": "1"}

    def run(self, argv: Sequence[str]) -> int:
        """Run a command in the instance. Return its exit code."""
        pid = self.pid()
        if pid is None:
            raise SandboxError("the sandbox instance is not running", fix="epoch-sandbox up")
        environment = self.environment()
        return namespaces.run(pid, argv, environment)

    def _start(self) -> None:
        (self.state / "terraform.rc").write_text(self._terraform_rc())
        python = [sys.executable, "-u"]
        paths = json.dumps({key: str(value) for key, value in vars(self.paths).items()})
        init = str(Path(__file__).with_name("init.py"))
        argv = [sys.executable, init, *python, "-m", "sandbox.supervisor", paths]
        os.environ["PYTHONPATH"] = str(Path(__file__).resolve().parents[1])
        process = namespaces.start(argv, self.logs / "supervisor.log")
        deadline = time.monotonic() + START_SECONDS
        while not (self._record_init_pid(process.pid) and (self.state / "ready.json").exists()):
            if process.poll() is not None or time.monotonic() > deadline:
                process.kill()
                raise self._failure()
            time.sleep(0.05)

    def _record_init_pid(self, unshare: int) -> bool:
        """Record process 1 of the instance at once, so that `down` finds it if this process is killed."""
        path = self.state / "pid.json"
        if not path.exists():
            pid = namespaces.init_pid(unshare)
            if pid is None:
                return False
            path.write_text(json.dumps([pid, _start_time(pid)]))
        return True

    def _terraform_rc(self) -> str:
        mirror = self._toolbox.provider_mirror
        return f'provider_installation {{\n  filesystem_mirror {{\n    path = "{mirror}"\n  }}\n}}\n'

    def _failure(self) -> SandboxError:
        fix = "look at epoch-sandbox logs supervisor"
        try:
            failed: dict[str, Any] = json.loads((self.state / "failed.json").read_text())
            return SandboxError(
                f"the sandbox instance did not start: {failed['what']}", why=failed["why"], fix=fix
            )
        except (OSError, ValueError):
            tail = (self.logs / "supervisor.log").read_text(errors="replace").splitlines()[-8:]
            why = "\n".join(tail) or f"it was not ready within {START_SECONDS:.0f} s, and said nothing"
            return SandboxError("the sandbox instance did not start", why=why, fix=fix)

    def _clean(self) -> None:
        for name in ("pid.json", "ready.json", "failed.json", "terraform.rc", "inventory-before.json"):
            (self.state / name).unlink(missing_ok=True)
        shutil.rmtree(self.state / "logs", ignore_errors=True)
        shutil.rmtree(self.state / "live", ignore_errors=True)
        control_groups.remove(self.state)
        (self.state / "logs").mkdir(parents=True, exist_ok=True)

    @contextmanager
    def _lock(self) -> Iterator[None]:
        path = self.state / "lock"
        while True:
            self.state.mkdir(parents=True, exist_ok=True)
            with suppress(FileNotFoundError):
                lock = path.open("w")
                fcntl.flock(lock, fcntl.LOCK_EX)
                if _is_same_file(path, lock.fileno()):
                    break
                lock.close()  # `down` removed the file meanwhile: this lock excludes no one
        with lock:
            yield


def _check_packages() -> None:
    """Raise SandboxError, before preparing anything, if the packages of the extra are not installed."""
    missing = [name for name in ("moto", "aiohttp", "a2wsgi", "jwt") if find_spec(name) is None]
    if missing:
        raise SandboxError(
            "the sandbox's Python packages are not installed",
            why=f"beside {sys.executable} there is no {', '.join(missing)}",
            fix="install epochctl with its extra: uv tool install 'epochctl[sandbox]' (or pip, pipx)",
        )


def _is_same_file(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


def _start_time(pid: int) -> str:
    """Return the start time of the process in ticks, or "": it tells apart two processes with one id."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""
