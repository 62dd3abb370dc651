"""What a command works with: settings, steps, who is told, and a stop that ends in order.

Knows no command's meaning; everything a command needs is handed to it, nothing is global but the signals.
"""

from __future__ import annotations

import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from epochctl.cli.options import Globals
from epochctl.errors import Interrupted

if TYPE_CHECKING:
    from epochctl.cli.audience import Presenter
    from epochctl.clients.aws import Aws
    from epochctl.settings import Settings
    from epochctl.workflow.events import Emit, Event
    from epochctl.workflow.runner import Gate, Runner


@dataclass(frozen=True)
class Session:
    """One command's world."""

    settings: Settings
    region: str
    aws: Aws
    presenter: Presenter
    ttl: str = ""  # --ttl, which counts from now
    run: str = field(default_factory=lambda: uuid.uuid4().hex[:12])  # names it in journal and lock

    def runner(self, gate: Gate | None = None, *, looking: bool = False) -> Runner:
        """A fresh run over every step. gate: asked before a step changes anything; looking: none may."""
        from epochctl.steps.catalog import steps
        from epochctl.tools.process import Stop
        from epochctl.workflow.runner import Runner
        from epochctl.workflow.step import Looking
        from epochctl.workflow.waiting import SystemClock

        made, stop = steps(self.settings, self.region, self.aws, self.ttl), Stop.event
        only = Looking(self._beside()) if looking else None
        return Runner(made, self.emit(), SystemClock(stop), stop, gate, looking=only)

    def _beside(self) -> str:
        """The run that is at work in this directory, "" for none."""
        from epochctl.cli.locked import local

        lock = local(self)
        if not lock.held():
            return ""
        holder = lock.holder()
        return holder.line if holder else "a run is just starting"

    def emit(self) -> Emit:
        """Whoever listens: the journal, and the person."""
        from epochctl.workflow.journal import Journal

        journal = Journal(self.files / "journal.jsonl", run=self.run)

        def emit(event: Event) -> None:
            journal(event)
            self.presenter(event)

        return emit

    @property
    def files(self) -> Path:
        """Private files of this (name, environment, region)."""
        return self.settings.state_directory(self.region)

    @property
    def place(self) -> str:
        """What is meant, for a person who might be about to remove it."""
        return f"{self.settings.full_name} in {self.region} (account {self.aws.account_id()})"


@contextmanager
def opened(options: Globals, *, output: str = "text", title: str = "", ttl: str = "") -> Iterator[Session]:
    """Load the settings, begin to listen to signals, show what happens; at the end all of it is put back."""
    from epochctl.cli import interrupts
    from epochctl.cli.audience import Audience
    from epochctl.clients.aws import Aws
    from epochctl.tools.process import Stop

    settings = options.settings()
    shown = _presenter(output, f"{title} {settings.full_name} in {settings.region}".strip())
    presenter = Audience(shown, Stop.event)
    try:
        with interrupts.stopping(Stop.event):
            yield Session(settings, settings.region, Aws(settings.region), presenter, ttl)
    except Interrupted as stopped:
        stopped.fix += f": epochctl {title}" if stopped.fix and title else ""
        raise
    finally:
        presenter.close()


def interactive() -> bool:
    """Is there a person to ask?"""
    return sys.stdin.isatty() and sys.stderr.isatty()


def agreed(question: str) -> bool:
    """Ask; no is the answer of an empty line."""
    import typer

    from epochctl.cli import interrupts

    with interrupts.asking():
        return bool(typer.confirm(question, default=False, err=True))


def _presenter(output: str, title: str) -> Presenter:
    if output == "json":
        from epochctl.cli.jsonl import JsonLines

        return JsonLines()
    if sys.stderr.isatty():
        from epochctl.cli.console import Console, can_paint

        if can_paint():
            return Console(title)
    from epochctl.cli.plain import PlainLines

    return PlainLines()
