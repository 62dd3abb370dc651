"""Pieces of work with edges between them, side by side in threads, each as soon as what it needs is done."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from graphlib import TopologicalSorter

Work = Callable[[str], None]
Skipped = Callable[[str, str], None]


@dataclass
class Schedule:
    """One run over `edges`. A failure lets what is under way finish; what needed it is skipped."""

    edges: Mapping[str, tuple[str, ...]]
    work: Work
    skipped: Skipped
    stop: threading.Event
    failures: dict[str, BaseException] = field(default_factory=dict)
    blocked: dict[str, str] = field(default_factory=dict)

    def run(self) -> dict[str, BaseException]:
        """Run it all and return the failures by name, in the order they happened."""
        sorter = TopologicalSorter(self.edges)
        sorter.prepare()
        running: dict[Future[None], str] = {}
        with ThreadPoolExecutor(max_workers=max(1, len(self.edges)), thread_name_prefix="step") as pool:
            while sorter.is_active():
                for name in sorter.get_ready():
                    reason = self._reason(name)
                    if reason:
                        self._skip(name, reason)
                        sorter.done(name)
                    else:
                        running[pool.submit(self.work, name)] = name
                for name in self._collect(running):
                    sorter.done(name)
        return self.failures

    def _reason(self, name: str) -> str:
        for needed in self.edges[name]:
            if needed in self.failures:
                return f"{needed} failed"
            if needed in self.blocked:
                return self.blocked[needed]
        return "the run was stopped" if self.stop.is_set() else ""

    def _skip(self, name: str, reason: str) -> None:
        self.blocked[name] = reason
        self.skipped(name, reason)

    def _collect(self, running: dict[Future[None], str]) -> list[str]:
        if not running:
            return []
        # A timeout keeps the main thread able to run signal handlers on every platform.
        done = wait(running, timeout=0.2, return_when=FIRST_COMPLETED).done
        names = []
        for future in done:
            name = running.pop(future)
            error = future.exception()
            if error is not None:
                self.failures[name] = error
            names.append(name)
        return names
