"""A supervised process: start, health check, early-exit detection, a bounded log file, TERM then KILL."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

from sandbox.errors import SandboxError

LOG_BYTES = 8_000_000


class SupervisedProcess:
    """One process of a sandbox instance.

    Its output goes to <logs>/<name>.log. At LOG_BYTES the older half is dropped.
    """

    def __init__(
        self,
        name: str,
        argv: Sequence[str],
        *,
        logs: Path,
        env: Mapping[str, str] | None = None,
        namespace: str = "",
        cwd: Path | None = None,
    ) -> None:
        self.name = name
        self._argv = [*(["nsenter", f"--net=/run/netns/{namespace}", "--"] if namespace else []), *argv]
        self._env = dict(env or {})
        self._cwd = cwd
        self._log = logs / f"{name}.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._tail: deque[str] = deque(maxlen=12)
        self._copier: threading.Thread | None = None

    def start(self) -> SupervisedProcess:
        self._log.parent.mkdir(parents=True, exist_ok=True)
        self._process = subprocess.Popen(
            self._argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, **self._env},
            cwd=self._cwd,
            start_new_session=True,
        )
        self._copier = threading.Thread(target=self._copy_log, name=f"log-{self.name}", daemon=True)
        self._copier.start()
        return self

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def wait_until(self, healthy: Callable[[], bool], *, seconds: float) -> None:
        """Return once `healthy`; raises SandboxError when the process ends first or the time is over."""
        deadline = time.monotonic() + seconds
        while not healthy():
            if not self.alive:
                code = self._process.returncode if self._process else None
                raise self._failure(f"{self.name} ended with code {code} while starting")
            if time.monotonic() > deadline:
                raise self._failure(f"{self.name} is not healthy after {seconds:.0f} s")
            time.sleep(0.1)

    def stop(self, *, grace: float = 5.0) -> None:
        """TERM, then KILL after `grace` seconds; already ended is success."""
        for sign, seconds in ((signal.SIGTERM, grace), (signal.SIGKILL, 5.0)):
            if not self.alive:
                return
            assert self._process is not None
            try:
                os.killpg(self._process.pid, sign)
                self._process.wait(seconds)
            except (subprocess.TimeoutExpired, ProcessLookupError):
                continue

    def _failure(self, what: str) -> SandboxError:
        if self._copier is not None and not self.alive:
            self._copier.join(1)  # its last words, which say why, may still be on their way
        return SandboxError(what, why="\n".join(list(self._tail)))

    def _copy_log(self) -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        written = 0
        with self._log.open("wb") as log:
            for line in self._process.stdout:
                if written > LOG_BYTES:
                    written = _keep_newer_half(log, self._log)
                log.write(line)
                log.flush()
                written += len(line)
                self._tail.append(line.decode("utf-8", "replace").rstrip())


def _keep_newer_half(log: BinaryIO, path: Path) -> int:
    content = path.read_bytes()[-LOG_BYTES // 2 :]
    log.seek(0)
    log.truncate()
    log.write(content)
    return len(content)
