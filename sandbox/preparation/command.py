"""Programs that the preparation runs to their end, with each line of output passed on."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from sandbox.errors import SandboxError

KEPT_LINES = 40
MAX_SECONDS = 3600.0  # seconds: what takes longer hangs
_running: set[subprocess.Popen[str]] = set()


def run(
    argv: Sequence[str],
    *,
    what: str,
    env: Mapping[str, str | None] | None = None,
    cwd: Path | None = None,
    on_line: Callable[[str], None] | None = None,
    explain: Callable[[str], str] | None = None,
) -> str:
    """Run argv and return its stdout.

    on_line gets each line of stderr. env is added to the environment of this process, None removes a key.
    A failure is `what`, with the last lines as its cause and `explain(those lines)` as what to do.
    """
    child = _start(argv, what, env or {}, cwd)
    tail: deque[str] = deque(maxlen=KEPT_LINES)
    reader = threading.Thread(target=_read, args=(child, tail, on_line), daemon=True)
    reader.start()
    _running.add(child)
    limit = threading.Timer(MAX_SECONDS, child.kill)
    limit.start()
    try:
        assert child.stdout is not None
        out = child.stdout.read()
        code = child.wait()
    finally:
        limit.cancel()
        _end(child)
        _running.discard(child)
    reader.join()
    if code != 0:
        why = "\n".join(tail) or out.strip() or f"{argv[0]} ended with code {code}"
        raise SandboxError(f"{what} failed", why=why, fix=explain(why) if explain else "")
    return out


def output_of(argv: Sequence[str], *, seconds: float = 10.0) -> str:
    """What a program says about itself, or nothing. It runs in /, away from any project's settings."""
    try:
        done = subprocess.run(
            argv, capture_output=True, text=True, errors="replace", timeout=seconds, cwd="/"
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout + done.stderr


def terminate_all() -> None:
    """Terminate every program that is still running."""
    for child in list(_running):
        _end(child)


def _start(
    argv: Sequence[str], what: str, env: Mapping[str, str | None], cwd: Path | None
) -> subprocess.Popen[str]:
    merged = {key: value for key, value in {**os.environ, **env}.items() if value is not None}
    pipe = subprocess.PIPE
    try:
        return subprocess.Popen(
            list(argv),
            cwd=cwd,
            env=merged,
            stdin=subprocess.DEVNULL,
            stdout=pipe,
            stderr=pipe,
            text=True,
            errors="replace",
        )
    except OSError as error:
        raise SandboxError(f"{what} failed", why=f"cannot start {argv[0]}: {error}") from error


def _read(child: subprocess.Popen[str], tail: deque[str], on_line: Callable[[str], None] | None) -> None:
    assert child.stderr is not None
    for line in child.stderr:
        tail.append(line.rstrip())
        if on_line is not None:
            on_line(line.rstrip())


def _end(child: subprocess.Popen[str]) -> None:
    for sign in (signal.SIGTERM, signal.SIGKILL):
        if child.poll() is not None:
            return
        child.send_signal(sign)
        try:
            child.wait(5)
        except subprocess.TimeoutExpired:
            continue
