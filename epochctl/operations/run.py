"""What a command works with in one region: settings, steps, who is told, and a stop that ends in order.

Knows no command's meaning; everything a command needs is handed to it, nothing is global but the signals.
Several regions are fleet's.
"""

from __future__ import annotations

import sys
import uuid
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from epochctl.cli.hints import Advice

if TYPE_CHECKING:
    from epochctl.aws.session import Aws
    from epochctl.cli.output.presenter import Presenter
    from epochctl.config.settings import Settings
    from epochctl.steps.infra_up import Reviewed
    from epochctl.workflow.events import Emit, Event
    from epochctl.workflow.runner import Gate, Runner


@dataclass(frozen=True)
class Run:
    """One command's world, in one region."""

    settings: Settings
    region: str
    aws: Aws
    presenter: Presenter
    ttl: str = ""  # --ttl, which counts from now
    reviewed: Reviewed | None = None  # --reviewed: no other plan is applied
    awake: bool | None = None  # of a standby: whether it is to serve; None: as Route 53 has it now
    advice: Advice = field(default_factory=Advice)  # for what is said without the presenter
    run: str = field(default_factory=lambda: uuid.uuid4().hex[:12])  # names it in journal and lock

    def runner(self, gate: Gate | None = None, *, read_only: bool = False) -> Runner:
        """A fresh run over every step. gate: asked before a step changes anything; read_only: none may."""
        from epochctl.steps.catalog import make_steps
        from epochctl.tools.process import Stop
        from epochctl.workflow.runner import Runner
        from epochctl.workflow.step import ReadOnly
        from epochctl.workflow.waiting import SystemClock

        made, stop = make_steps(self.sized, self.region, self.aws, self.ttl, self.reviewed), Stop.event
        only = ReadOnly(self._beside()) if read_only else None
        return Runner(tuple(made), self.emit(), SystemClock(stop), stop, gate, read_only=only)

    def _beside(self) -> str:
        """The run that is at work in this directory, "" for none."""
        from epochctl.operations.run_lock import local

        lock = local(self)
        if not lock.is_held():
            return ""
        holder = lock.read_holder()
        return holder.summary if holder else "a run is just starting"

    def emit(self) -> Emit:
        """Whoever listens: the journal, and the person."""
        from epochctl.workflow.journal import Journal

        journal = Journal(self.files / "journal.jsonl", run=self.run)

        def emit(event: Event) -> None:
            journal(event)
            self.presenter(event)

        return emit

    def warn(self, message: str) -> None:
        """A line that ends nothing, beside what is shown."""
        import typer

        where = f"{self.region}: " if self.among_others else ""
        typer.echo(self.advice(f"warning: {where}{message}"), err=True)

    @property
    def among_others(self) -> bool:
        """Whether the command is at work in other regions as well."""
        from epochctl.operations.region_results import RegionPresenter

        return isinstance(self.presenter, RegionPresenter)

    @property
    def files(self) -> Path:
        """Private files of this (name, environment, region)."""
        return self.settings.state_directory(self.region)

    @cached_property
    def sized(self) -> Settings:
        """The settings as they are for this region: a standby may be smaller until it is woken."""
        from epochctl.steps.region_size import current_size

        if self.awake is not None:
            return self.settings.for_region(self.region, awake=self.awake)
        return current_size(self.settings, self.region, self.aws)

    @property
    def place(self) -> str:
        """What is meant, for a person who might be about to remove it."""
        return f"{self.settings.full_name} in {self.region} (account {self.aws.account_id()})"


def interactive() -> bool:
    """Is there a person to ask?"""
    return sys.stdin.isatty() and sys.stderr.isatty()


def agreed(question: str) -> bool:
    """Ask; no is the answer of an empty line."""
    import typer

    from epochctl.cli import signals

    with signals.asking():
        return bool(typer.confirm(question, default=False, err=True))
