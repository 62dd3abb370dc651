"""The holder of a lock: enough to find the process, or the person."""

from __future__ import annotations

import json
import os
import socket
import time
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from epochctl.durations import format_duration
from epochctl.tools.process import birth_time, is_alive
from epochctl.user import user_name

_KEYS = {"last_seen": "heard"}  # by field: keys of the text, which other versions of epochctl read, too


@dataclass(frozen=True)
class Holder:
    """A run, as written into its lock. machine: where `pid` is valid, "" where that is not known.

    since and last_seen in seconds since 1970; ended: how the run ended, "" while it runs or was killed.
    """

    run: str
    command: str
    who: str
    host: str
    pid: int
    born: str
    machine: str
    since: float
    last_seen: float
    url: str = ""
    ended: str = ""

    @property
    def is_dead(self) -> bool:
        """Return whether it was a process of this machine that has ended."""
        return bool(self.machine) and self.machine == machine_id() and not is_alive(self.pid, self.born)

    @property
    def summary(self) -> str:
        """ada@engine runs `epochctl up` (process 4711)."""
        return f"{self.who}@{self.host} runs `epochctl {self.command}` (process {self.pid})"

    def describe(self, now: float) -> str:
        """Return everything that helps to find the run, a line each. now: seconds since 1970."""
        since = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(self.since))
        age, silence = format_duration(now - self.since), format_duration(now - self.last_seen)
        return "\n".join(
            (
                self.summary,
                f"since {since}, {age} ago; last heard of {silence} ago",
                f"run {self.run}" + (f", {self.url}" if self.url else ""),
            )
        )

    def text(self) -> str:
        """Return the holder as it is written into a lock."""
        return json.dumps({_KEYS.get(key, key): value for key, value in asdict(self).items()}, indent=1)


def current_holder(run: str, command: str, url: str) -> Holder:
    """Return this process as a holder."""
    now, pid = time.time(), os.getpid()
    return Holder(
        run, command, user_name(), socket.gethostname(), pid, birth_time(pid), machine_id(), now, now, url
    )


def parse_holder(text: str) -> Holder | None:
    """Return the holder of a lock's text; None where the text is incomplete, or not epochctl's."""
    try:
        content = json.loads(text)
        names = (field.name for field in fields(Holder))
        return Holder(**{name: content[_KEYS.get(name, name)] for name in names})
    except (ValueError, KeyError, TypeError):
        return None


def machine_id() -> str:
    """Return this boot of the kernel and its namespace of process ids; "" where /proc shows neither."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot}/{os.readlink('/proc/self/ns/pid')}"
    except OSError:
        return ""
