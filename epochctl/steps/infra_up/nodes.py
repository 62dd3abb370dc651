"""Beside terraform, which waits an hour for nodes without a word: says why none joins, and tells it at the
end.

Knows how long machines usually take; how they are looked at is the client's.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from epochctl.aws.node_launch import Group, NodeLaunches
from epochctl.errors import EpochctlError, InfrastructureError
from epochctl.workflow.step import Context

PATIENCE = 60.0  # seconds from a machine's start: most are nodes by then
INTERVAL = 10.0
FIX = "epochctl doctor names what is full; then run the same command again: it goes on from here"


class NodeWatch:
    """One apply under way."""

    def __init__(
        self, launches: NodeLaunches, *, patience: float = PATIENCE, interval: float = INTERVAL
    ) -> None:
        self._launches, self._patience, self._interval = launches, patience, interval

    @contextmanager
    def watching(self, ctx: Context) -> Iterator[None]:
        """While it lasts, trouble is said once each; a failure of terraform gets what was found."""
        done = threading.Event()
        thread = threading.Thread(target=self._watch, args=(ctx, done), name="node-watch", daemon=True)
        thread.start()
        try:
            yield
        except InfrastructureError as error:
            raise self._explained(error) from error
        finally:
            done.set()
            thread.join(self._interval)

    def _watch(self, ctx: Context, done: threading.Event) -> None:
        said, since = "", 0.0
        while not done.wait(self._interval):
            try:
                group = self._launches.group()
                if group is None or group.status != "CREATING":
                    since = 0.0
                    continue
                running = self._launches.instances()
                since = since or (time.monotonic() if running else 0.0)
                words = self._trouble(group, running, since)
            except EpochctlError:
                continue  # only a look: what is wrong with AWS, terraform will tell
            if words and words != said:
                ctx.say(words)
                said = words

    def _trouble(self, group: Group, running: tuple[str, ...], since: float) -> str:
        if found := (*group.issues, *self._launches.launch_errors(group)):
            return f"no nodes yet: {found[0]}"
        if not running or time.monotonic() - since < self._patience:
            return ""
        printed = next((line for each in running for line in self._launches.console_lines(each)[-1:]), "")
        words = f"{len(running)} machines run, and the cluster has not taken them for nodes"
        return f"{words}; {printed}" if printed else words

    def _explained(self, error: InfrastructureError) -> InfrastructureError:
        """With the evidence, where it is the nodes that failed."""
        try:
            group = self._launches.group()
            if group is None or group.status in ("ACTIVE", "DELETING"):
                return error
            evidence = self._launches.diagnostics(group)
        except EpochctlError:
            return error
        if not evidence:
            return error
        return InfrastructureError("the nodes did not join the cluster", why="\n".join(evidence), fix=FIX)
