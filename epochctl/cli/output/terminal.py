"""Events as a live tree on a terminal: each step, how long, what it waits for. The only user of rich.

Several regions are a level of the tree.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from epochctl.cli.output.event_text import ABOUT, DOING, line, remedy
from epochctl.durations import format_duration
from epochctl.workflow import events

STYLES = {
    "waiting": "dim",
    "done": "green",
    "changed": "bold green",
    "failed": "bold red",
    "skipped": "yellow",
}
MARKS = {"done": "✔", "changed": "✔", "failed": "✘", "skipped": "–", "waiting": "·"}
PLAIN_MARKS = {"done": "ok", "changed": "ok", "failed": "!!", "skipped": "--", "waiting": "  "}
SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"


@dataclass
class Row:
    """One step as it is shown."""

    state: str = "waiting"
    text: str = ""
    remedy: tuple[str, ...] = ()
    started: float = 0.0
    seconds: float | None = None


def can_paint() -> bool:
    """A dumb terminal cannot move its cursor."""
    from rich.console import Console as RichConsole

    return not RichConsole(file=sys.stderr).is_dumb_terminal


class Console:
    """A subscriber that repaints four times a second."""

    def __init__(
        self, title: str = "epochctl", console: Any = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        from rich.console import Console as RichConsole
        from rich.live import Live

        self._console = console or RichConsole(file=sys.stderr)
        self._title, self._clock = title, clock
        self._regions = dict[str, dict[str, Row]]()  # rows by step; "" is the region of those with only one
        self._under_way = set[str]()
        self._lock = threading.Lock()
        self._start = self._clock()
        self._ascii = not (self._console.encoding or "").lower().startswith("utf")
        self._live = Live(console=self._console, get_renderable=self._tree, refresh_per_second=4)
        self._running = False

    def __call__(self, event: events.Event) -> None:
        with self._lock:
            if isinstance(event, events.RunStarted):
                self._begin(event)
            elif event.step:
                rows = self._regions.setdefault(event.region, {})
                self._change(rows.setdefault(event.step, Row()), event)
            ended = isinstance(event, events.RunFinished) and self._ends(event.region)
        if ended:
            self.close()
        elif not self._running:
            self._running = True
            self._live.start()

    def result(self, fields: dict[str, object], lines: tuple[str, ...] = ()) -> None:
        """The last words, on stdout."""
        print("\n".join(lines), flush=True)

    def close(self) -> None:
        """Leave the last picture on the screen."""
        if self._running:
            self._running = False
            self._live.stop()

    def _begin(self, event: events.RunStarted) -> None:
        if not self._under_way:
            self._start = self._clock()
        self._under_way.add(event.region)
        self._regions[event.region] = {name: Row() for name in event.steps}

    def _ends(self, region: str) -> bool:
        """Whether that was the last run under way."""
        self._under_way.discard(region)
        return not self._under_way

    def _change(self, row: Row, event: events.Event) -> None:
        if isinstance(event, events.StepStarted):
            row.state, row.text = "running", DOING[event.doing]
            row.started = row.started or self._clock()
            return
        if isinstance(event, events.StepSeen):  # what it said while it looked stays to be read
            row.state = "done" if event.exists else "skipped"
            row.text = "" if row.text == DOING["observe"] else row.text
            row.seconds = self._clock() - row.started if row.started else 0.0
            return
        row.text = line(event)
        if isinstance(event, events.StepFinished):
            row.state, row.text = ("changed" if event.changed else "done"), event.detail
        elif isinstance(event, events.StepFailed):
            row.state, row.text, row.remedy = "failed", event.what, remedy(event)
        elif isinstance(event, events.StepSkipped):
            row.state, row.text = "skipped", event.reason
        elif isinstance(event, events.StepPlanned):
            row.state = "skipped" if event.deferred_on else "changed" if event.changes else "done"
        if row.state not in ("running", "waiting"):
            row.seconds = self._clock() - row.started if row.started else 0.0

    def _tree(self) -> Any:
        from rich.text import Text
        from rich.tree import Tree

        with self._lock:
            tree = Tree(Text(f"{self._title}  {format_duration(self._clock() - self._start)}", style="bold"))
            at_work = self._at_work()
            for region, rows in self._regions.items():
                branch = tree.add(Text(region, style="bold")) if region else tree
                for name, row in rows.items():
                    leaf = branch.add(self._line(name, row))
                    for more in row.remedy if at_work else ():
                        leaf.add(Text(more))
            return tree

    def _at_work(self) -> bool:
        """Whether any step is: then a person need not wait for its end to put right what failed."""
        return any(row.state == "running" for rows in self._regions.values() for row in rows.values())

    def _line(self, name: str, row: Row) -> Any:
        from rich.text import Text

        seconds = row.seconds if row.seconds is not None else self._clock() - row.started
        clock = format_duration(seconds) if row.started else ""
        text = Text(no_wrap=True, overflow="crop" if self._ascii else "ellipsis")
        text.append(f"{self._mark(row.state)} {name:<13} {clock:>11}  ", style=STYLES.get(row.state, "cyan"))
        words = row.text or (ABOUT.get(name, "") if row.state == "waiting" else "")
        text.append(words.replace("\n", " "), style="dim" if row.state in ("running", "waiting") else "")
        return text

    def _mark(self, state: str) -> str:
        if self._ascii:
            return PLAIN_MARKS.get(state, "..")
        return MARKS.get(state) or SPINNER[int(self._clock() * 4) % len(SPINNER)]
