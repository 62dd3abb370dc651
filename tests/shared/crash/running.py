"""One run of epochctl, watched event by event and killed after the first of some moments.

Knows how to run and to read; judges nothing.
"""

from __future__ import annotations

import json
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sandboxed import BIN, Sandbox

from crash.killing import everything
from crash.moments import Event, Moment, first_met

LONGEST = 600.0  # no run may take longer, whatever it waits for
OPTIONS = {"up": ("--yes",), "down": ("--yes", "--delete-state")}


@dataclass(frozen=True)
class Run:
    """How it ended. met: the moment after which it was killed; seconds: from the start to the end."""

    command: str
    code: int
    events: tuple[Event, ...]
    words: tuple[str, ...]
    seconds: float
    met: Moment | None = None

    def said(self, text: str) -> bool:
        return any(text in line for line in self.words) or any(text in str(event) for event in self.events)


def _kept(lines: Iterable[str], path: Path) -> Iterator[str]:
    """The same lines, written down: a cell that is not good asks for them."""
    path.parent.mkdir(exist_ok=True)
    with path.open("w", buffering=1) as file:
        for line in lines:
            file.write(line)
            yield line


def run(
    sandbox: Sandbox,
    command: str,
    moments: Sequence[Moment] = (),
    kill: Callable[[Moment, int], None] = lambda _, process: everything(process),
) -> Run:
    """Run `epochctl COMMAND -o json`, and kill it at the first of the moments that comes.

    kill: is handed the moment, and the id of the process whose only child is epochctl.
    """
    start = time.monotonic()
    if (
        signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    ):  # under nohup: epochctl would inherit it, and rightly
        signal.signal(signal.SIGHUP, lambda *_: None)
    options = OPTIONS.get(command, ())
    process = sandbox.popen("exec", "--", str(BIN / "epochctl"), *command.split(), *options, "-o", "json")
    watchdog = threading.Timer(LONGEST, everything, [process.pid])
    watchdog.start()
    events, words, met = list[Event](), list[str](), None
    assert process.stdout is not None
    for line in _kept(process.stdout, sandbox.directory / "runs" / f"{time.time():.0f}-{command}.log"):
        if not line.startswith("{"):
            words.append(line.rstrip())
            continue
        events.append(json.loads(line))
        if met is None and (met := first_met(moments, events[-1])) is not None:
            kill(met, process.pid)
    code = process.wait()
    watchdog.cancel()
    return Run(command, code, tuple(events), tuple(words), round(time.monotonic() - start, 1), met)
