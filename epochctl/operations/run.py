"""One command in one region: its settings, its steps, who shows it, and how it is stopped."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from epochctl.config.settings import Settings
from epochctl.locks import LocalLock
from epochctl.operations.dependencies import Clients, Dependencies
from epochctl.operations.presenter import Presenter, Prompt
from epochctl.steps.catalog import Steps
from epochctl.steps.infra_up import Reviewed
from epochctl.steps.region_size import current_size
from epochctl.workflow.events import Emit, Event
from epochctl.workflow.graph import Graph
from epochctl.workflow.journal import Journal
from epochctl.workflow.runner import Gate, Runner
from epochctl.workflow.step import Context, ReadOnly

JOURNAL = "journal.jsonl"


@dataclass(frozen=True)
class Run:
    """One command in one region. Its steps are made once; plan, question and apply share them.

    settings: as epochctl.toml has them; ttl: of the command line, counted from now; reviewed: the only plans
    that may be applied; is_awake: whether a standby is to serve, None for what Route 53 says now;
    among_others: whether the command works in other regions as well; id: names the run in journal and lock.
    """

    settings: Settings
    region: str
    presenter: Presenter
    prompt: Prompt
    dependencies: Dependencies = field(default_factory=Dependencies)
    ttl: str = ""
    reviewed: Reviewed | None = None
    is_awake: bool | None = None
    among_others: bool = False
    id: str = field(default_factory=lambda: uuid.uuid4().hex[:12])

    @cached_property
    def clients(self) -> Clients:
        """The AWS clients of this region."""
        return self.dependencies.clients(self.region)

    @cached_property
    def sized(self) -> Settings:
        """The settings for this region: a standby may be smaller until it is woken."""
        if self.is_awake is not None:
            return self.settings.for_region(self.region, awake=self.is_awake)
        return current_size(self.settings, self.region, self.clients.aws)

    @cached_property
    def steps(self) -> Steps:
        """The steps of this region."""
        return self.dependencies.steps(self.sized, self.region, self.clients.aws, self.ttl, self.reviewed)

    @cached_property
    def graph(self) -> Graph:
        """The order of the steps."""
        return Graph(tuple(self.steps))

    @property
    def files(self) -> Path:
        """The private directory of this (name, environment, region)."""
        return self.settings.state_directory(self.region)

    @property
    def journal(self) -> Path:
        """The file that records this region's runs."""
        return self.files / JOURNAL

    @property
    def local_lock(self) -> LocalLock:
        """The lock on this machine; it also names the last run here."""
        return LocalLock(self.files / "run.lock")

    @property
    def description(self) -> str:
        """Name, environment, region and account, for a question. Raises CredentialsError."""
        return f"{self.settings.full_name} in {self.region} (account {self.clients.account_id()})"

    def runner(self, gate: Gate | None = None, *, read_only: bool = False) -> Runner:
        """Return a runner of all steps, with outputs of its own.

        gate: called before a step changes anything; read_only: no step may change anything.
        """
        mode = ReadOnly(self._concurrent_run()) if read_only else None
        clock, stop = self.dependencies.clock(self.dependencies.stop), self.dependencies.stop
        return Runner(tuple(self.steps), self.emit(), clock, stop, gate, read_only=mode)

    def act(self, name: str, command: str, work: Callable[[Context], tuple[bool, str]]) -> None:
        """Run `work` like a step called `name`: shown, recorded, and stopped in the same way."""
        stop = self.dependencies.stop
        Runner((), self.emit(), self.dependencies.clock(stop), stop).act(name, command, work).check()

    def emit(self) -> Emit:
        """Return a subscriber that writes the journal and shows each event."""
        journal = Journal(self.journal, run=self.id)

        def emit(event: Event) -> None:
            journal(event)
            self.presenter(event)

        return emit

    def warn(self, message: str) -> None:
        """Show a warning beside the result."""
        where = f"{self.region}: " if self.among_others else ""
        self.prompt.show(f"warning: {where}{message}")

    def _concurrent_run(self) -> str:
        """Describe the run that is active in this directory; "" if there is none."""
        lock = self.local_lock
        if not lock.is_held():
            return ""
        holder = lock.read_holder()
        return holder.summary if holder else "a run is just starting"
