"""Process 1 of a sandbox instance: starts the supervisor, reaps orphans, forwards TERM, ends with it.

When this process ends, the kernel ends every process of the instance. It imports as little as possible.
"""

from __future__ import annotations

import os
import signal
import sys


def main(argv: list[str]) -> int:
    """Run argv as the main child and return its exit code."""
    child = os.fork()
    if child == 0:
        os.execv(argv[0], argv)
    for sign in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sign, lambda number, _: os.kill(child, number))
    while True:
        try:
            pid, status = os.wait()
        except InterruptedError:
            continue
        if pid == child:
            return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    code = main(sys.argv[1:])
    sys.exit(code if code >= 0 else 128 - code)
