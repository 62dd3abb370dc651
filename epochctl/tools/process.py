"""Run a program: the only module of epochctl that imports subprocess.

Bounded in time and in output, streamed line by line, and ended in order (INT, then TERM, then KILL) when
epochctl is to stop.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from epochctl.errors import DeadlineError, Interrupted, ToolError

KEPT_LINES = 2000


@dataclass(frozen=True)
class Completed:
    """How a program ended. stdout and stderr hold at most their last KEPT_LINES lines."""

    argv: tuple[str, ...]
    code: int
    stdout: str
    stderr: str


STOP_REQUESTED = threading.Event()
"""Whether this process is to stop: set on SIGINT and SIGTERM, and when the lock of its run is lost."""


def birth_time(pid: int) -> str:
    """Return when a process started, in the kernel's ticks; "dead" for a zombie, "" where it is not known."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    return "dead" if fields[0] in "ZX" else fields[19]


def is_alive(pid: int, birth: str) -> bool:
    """Return whether that process still runs; a later one with its id started at another time."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return birth_time(pid) == birth


def find(program: str, *, fix: str) -> str:
    """Return the program's path. Raises ToolError with `fix` where PATH has none."""
    path = shutil.which(program)
    if path is None:
        raise ToolError(f"{program} is not installed", why=f"no {program} on PATH", fix=fix)
    return path


def run(
    argv: Sequence[str],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    stdin: bytes | None = None,
    timeout: float,
    on_line: Callable[[str], None] | None = None,
    on_start: Callable[[int], None] | None = None,
    log: Path | None = None,
    interrupt_grace: float = 120.0,
    inherited: Sequence[int] = (),
    stop: threading.Event = STOP_REQUESTED,
) -> Completed:
    """Run argv to its end and return how it ended; a non-zero code is an answer, not an error.

    env is added to the inherited environment. on_line gets each line of stdout as it comes, on_start the
    process id. The program runs in a session of its own, so a Ctrl-C in the terminal reaches it only from
    here, once `stop` is set: then it has `interrupt_grace` seconds to finish its writes. With `log` both its
    streams go to that file and are read from there: if epochctl is killed, the program goes on instead of
    dying of a broken pipe. inherited: open files that it keeps open as long as it lives.
    Raises ToolError (cannot be started), DeadlineError (timeout), Interrupted (stopped).
    """
    child = _start(argv, cwd, env, stdin is not None, log, inherited)
    if on_start is not None:
        on_start(child.pid)
    out: deque[str] = deque(maxlen=KEPT_LINES)
    err: deque[str] = deque(maxlen=KEPT_LINES)
    streams = [(_tail(log, child) if log else child.stdout, out, on_line), (child.stderr or (), err, None)]
    readers = [threading.Thread(target=_collect, args=stream, daemon=True) for stream in streams]
    for reader in readers:
        reader.start()
    if stdin is not None:
        threading.Thread(target=_feed, args=(child, stdin), daemon=True).start()
    try:
        _await(child, Path(argv[0]).name, timeout, interrupt_grace, stop)
    finally:
        _end(child)
        for reader in readers:
            reader.join(5)
    return Completed(tuple(argv), child.returncode, "\n".join(out), "\n".join(err))


def _start(
    argv: Sequence[str],
    cwd: Path | None,
    env: Mapping[str, str] | None,
    has_input: bool,
    log: Path | None,
    inherited: Sequence[int],
) -> subprocess.Popen[bytes]:
    sink = subprocess.PIPE if log is None else os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        return subprocess.Popen(
            list(argv),
            cwd=cwd,
            env={**os.environ, **(env or {})},
            stdin=subprocess.PIPE if has_input else subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT if log else subprocess.PIPE,
            start_new_session=True,
            pass_fds=tuple(inherited),
        )
    except OSError as error:
        raise ToolError(f"cannot start {Path(argv[0]).name}", why=str(error)) from error
    finally:
        if log is not None:
            os.close(sink)


def _await(
    child: subprocess.Popen[bytes], name: str, timeout: float, grace: float, stop: threading.Event
) -> None:
    """Wait for its end. grace: seconds that it may take to end once `stop` is set."""
    waited = 0.0
    while child.poll() is None:
        try:
            child.wait(0.1)
        except subprocess.TimeoutExpired:
            waited += 0.1
        if stop.is_set() and child.poll() is None:
            _signal(child, signal.SIGINT)
            try:
                child.wait(grace)
            except subprocess.TimeoutExpired:
                _end(child)
            raise Interrupted(f"{name} was interrupted", fix="run the same command again to continue")
        if waited >= timeout:
            raise DeadlineError(f"{name} did not finish within {timeout:.0f} s", why="it was ended")


def _end(child: subprocess.Popen[bytes]) -> None:
    for sign, grace in ((signal.SIGTERM, 10.0), (signal.SIGKILL, 10.0)):
        if child.poll() is not None:
            return
        _signal(child, sign)
        try:
            child.wait(grace)
        except subprocess.TimeoutExpired:
            continue


def _signal(child: subprocess.Popen[bytes], sign: signal.Signals) -> None:
    try:
        os.killpg(child.pid, sign)
    except ProcessLookupError:
        return


def _tail(log: Path, child: subprocess.Popen[bytes]) -> Iterator[bytes]:
    """Yield the lines of `log` as they come, until the child has ended and everything was read."""
    with log.open("rb") as file:
        part = b""
        while True:
            ended = child.poll() is not None
            for line in file:
                part += line
                if part.endswith(b"\n"):
                    yield part
                    part = b""
            if ended:
                break
            time.sleep(0.1)
        if part:
            yield part


def _collect(stream: Iterable[bytes], kept: deque[str], on_line: Callable[[str], None] | None) -> None:
    for raw in stream:
        line = raw.decode("utf-8", "replace").rstrip("\n")
        kept.append(line)
        if on_line is not None:
            on_line(line)


def _feed(child: subprocess.Popen[bytes], data: bytes) -> None:
    try:
        assert child.stdin is not None
        child.stdin.write(data)
        child.stdin.close()
    except BrokenPipeError:
        return
