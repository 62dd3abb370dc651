"""Watches the nodes while terraform waits for them: why none joins the cluster, also at a failure.

terraform itself waits an hour without a message.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from epochctl.aws.node_launch import Group, NodeLaunches
from epochctl.command import Command
from epochctl.errors import EpochctlError, InfrastructureError
from epochctl.workflow.step import Context

JOIN_SECONDS = 60.0  # from an instance's start until most are nodes
INTERVAL = 10.0
FIX = f"{Command('doctor')} names what is full; then run the same command again: it goes on from here"


class NodeWatch:
    """The watch of one apply. join_seconds, interval: in seconds."""

    def __init__(
        self, launches: NodeLaunches, *, join_seconds: float = JOIN_SECONDS, interval: float = INTERVAL
    ) -> None:
        self._launches, self._join_seconds, self._interval = launches, join_seconds, interval

    @contextmanager
    def run(self, ctx: Context) -> Iterator[None]:
        """Report each trouble once while the block runs, and explain its InfrastructureError."""
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
        reported, since = "", 0.0
        while not done.wait(self._interval):
            try:
                group = self._launches.group()
                if group is None or group.status != "CREATING":
                    since = 0.0
                    continue
                running = self._launches.instances()
                since = since or (time.monotonic() if running else 0.0)
                trouble = self._trouble(group, running, since)
            except EpochctlError:
                continue  # terraform reports it if AWS does not answer
            if trouble and trouble != reported:
                ctx.report(trouble)
                reported = trouble

    def _trouble(self, group: Group, running: tuple[str, ...], since: float) -> str:
        if found := (*group.issues, *self._launches.launch_errors(group)):
            return f"no nodes yet: {found[0]}"
        if not running or time.monotonic() - since < self._join_seconds:
            return ""
        printed = next((line for each in running for line in self._launches.console_lines(each)[-1:]), "")
        trouble = f"{len(running)} machines run, and the cluster has not taken them for nodes"
        return f"{trouble}; {printed}" if printed else trouble

    def _explained(self, error: InfrastructureError) -> InfrastructureError:
        """Return the error with the evidence if it was the nodes that failed, else the error itself."""
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
