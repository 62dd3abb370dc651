"""Who holds a lock: enough to find the process, or the person. Knows no file and no bucket."""

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


@dataclass(frozen=True)
class Holder:
    """A run, as written into its lock. machine: where `pid` means what it says, "" where that is not known.

    since and heard (the last sign of life) in seconds since 1970; ended: "" while it runs or was killed.
    """

    run: str
    command: str
    who: str
    host: str
    pid: int
    born: str
    machine: str
    since: float
    heard: float
    url: str = ""
    ended: str = ""

    @property
    def gone(self) -> bool:
        """Whether it was a process of this machine, and is no more."""
        return bool(self.machine) and self.machine == machine() and not is_alive(self.pid, self.born)

    @property
    def line(self) -> str:
        """ada@engine runs `epochctl up` (process 4711)."""
        return f"{self.who}@{self.host} runs `epochctl {self.command}` (process {self.pid})"

    def described(self, now: float) -> str:
        """Everything that helps to find it, a line each."""
        since = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(self.since))
        age, silence = format_duration(now - self.since), format_duration(now - self.heard)
        return "\n".join(
            (
                self.line,
                f"since {since}, {age} ago; last heard of {silence} ago",
                f"run {self.run}" + (f", {self.url}" if self.url else ""),
            )
        )

    def text(self) -> str:
        return json.dumps(asdict(self), indent=1)


def current_holder(run: str, command: str, url: str) -> Holder:
    """This very process."""
    now, pid = time.time(), os.getpid()
    return Holder(
        run, command, user_name(), socket.gethostname(), pid, birth_time(pid), machine(), now, now, url
    )


def read(text: str) -> Holder | None:
    """What `text` wrote; None where it is half a text, or somebody else's."""
    try:
        told = json.loads(text)
        return Holder(**{field.name: told[field.name] for field in fields(Holder)})
    except (ValueError, KeyError, TypeError):
        return None


def machine() -> str:
    """This boot of this kernel, and the process ids that we see; "" where the kernel tells neither."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot}/{os.readlink('/proc/self/ns/pid')}"
    except OSError:
        return ""
