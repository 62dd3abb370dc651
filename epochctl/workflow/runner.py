"""Runs a graph of steps: observe, plan, apply and destroy, each step as soon as what it needs is done."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from epochctl.command import Command
from epochctl.errors import EpochctlError, Interrupted, NotFoundError, PlanChangedError, ended_in_order
from epochctl.workflow import events
from epochctl.workflow.events import Emit
from epochctl.workflow.graph import Edges, Graph
from epochctl.workflow.outputs import Outputs
from epochctl.workflow.schedule import Schedule, Work
from epochctl.workflow.step import (
    Context,
    Discoverable,
    Fingerprint,
    HasCachedOutput,
    Observation,
    ReadOnly,
    Step,
)
from epochctl.workflow.waiting import Clock

# Called with a step's name before the step changes anything; raises to prevent it.
Gate = Callable[[str], None]
# The plan that a person agreed to: a fingerprint for each step that could be observed.
Agreement = Mapping[str, Fingerprint]


@dataclass(frozen=True)
class Result:
    """The outcome of a run: outputs, failures by step, what was removed, and what was observed."""

    outputs: Outputs
    failures: dict[str, BaseException] = field(default_factory=dict)
    removed: tuple[str, ...] = ()
    seen: dict[str, Observation] = field(default_factory=dict)

    def check(self) -> Result:
        """Return itself, or raise the first failure. Raises Interrupted if the run was stopped."""
        if any(isinstance(error, Interrupted) for error in self.failures.values()):
            # Several steps were interrupted; which of their programs ended first is of no interest.
            others = [
                f"{name} failed: {error}"
                for name, error in self.failures.items()
                if not isinstance(error, Interrupted)
            ]
            raise ended_in_order(others)
        for error in self.failures.values():
            raise error
        return self

    @property
    def due(self) -> dict[str, tuple[str, ...]]:
        """The changes by step, in the order of the graph; steps without changes are left out."""
        return {name: one.changes for name, one in self.seen.items() if one.changes}

    @property
    def plan_changed(self) -> bool:
        """Whether a step refused because its plan was not the agreed one, and nothing else failed."""
        return bool(self.failures) and all(
            isinstance(error, PlanChangedError) for error in self.failures.values()
        )

    def agreement(self) -> Agreement:
        """Return the fingerprint of each observed step: the plan that a person is asked about."""
        return {name: one.fingerprint() for name, one in self.seen.items()}


class Runner:
    """Runs steps once. `stop` ends the run in order; the clock must use the same event."""

    def __init__(
        self,
        steps: Sequence[Step],
        emit: Emit,
        clock: Clock,
        stop: threading.Event | None = None,
        gate: Gate | None = None,
        *,
        read_only: ReadOnly | None = None,
    ) -> None:
        self.graph = Graph(steps)
        self.outputs = Outputs()
        self._emit, self._clock = emit, clock
        self._stop = stop or threading.Event()
        self._gate = gate or (lambda name: None)
        self._read_only = read_only
        self._agreement: Agreement | None = None
        self._changed: set[str] = set()  # steps that this run has changed
        self._seen: dict[str, Observation] = {}
        self._removed: dict[str, tuple[str, ...]] = {}

    def up(
        self, only: Collection[str] = (), command: str = "up", agreement: Agreement | None = None
    ) -> Result:
        """Apply every step, or those in `only`: then their needs are observed and must exist already.

        A step whose output can be discovered does not require its own needs. agreement: a step whose plan is
        another one now fails with PlanChangedError before it changes anything, unless this run has changed
        what the step depends on.
        """
        self._agreement = agreement
        edges = self.graph.towards(only, self._discovered(only)) if only else self.graph.edges

        def work(name: str) -> None:
            self._timed(name, lambda: self._apply(name) if not only or name in only else self._require(name))

        return self._run(command, edges, work)

    def plan(self, command: str = "plan") -> Result:
        """Observe every step and report its changes; a step whose needs are missing is deferred."""

        def work(name: str) -> None:
            missing = self._missing(name)
            if missing:
                self._emit(events.StepPlanned(name, (), missing))
                return
            seen = self._observe(name)
            self._emit(events.StepPlanned(name, seen.changes, ()))

        return self._run(command, self.graph.edges, lambda name: self._reported(name, work))

    def survey(self, command: str = "status", only: Collection[str] = ()) -> Result:
        """Observe all steps, or `only` these and their needs. A step that cannot be observed is left out."""
        graph = self.graph.upto(*only) if only else self.graph

        def work(name: str) -> None:
            seen = None
            if not self._missing(name) or isinstance(self.graph[name], Discoverable):
                try:
                    seen = self._discover(name) if self._missing(name) else self._observe(name)
                except Interrupted:
                    raise
                except Exception as error:
                    self._emit(events.StepProgress(name, f"could not be observed: {error}"))
            self._emit(events.StepSeen(name, seen is not None and seen.exists))

        return self._run(command, graph.edges, work)

    def down(self, command: str = "down", only: Collection[str] = ()) -> Result:
        """Destroy in reverse order. Call `survey` first, for the outputs."""

        def work(name: str) -> None:
            self._timed(name, lambda: self._destroy(name))

        edges = self.graph.reversed()
        return self._run(command, dict.fromkeys(only, ()) if only else edges, work)

    def act(self, name: str, command: str, work: Callable[[Context], tuple[bool, str]]) -> Result:
        """Run `work` as a step: shown and recorded like one. work returns (changed, detail)."""

        def acting(step: str) -> None:
            self._emit(events.StepStarted(step, "apply"))
            self._timed(step, lambda: work(self.context(step)))

        return self._run(command, {name: ()}, acting)

    def context(self, name: str) -> Context:
        """Return the context that a step of that name receives."""
        agreed = self._agreement is not None
        return Context(name, self.outputs, self._emit, self._clock, self._read_only, agreed)

    def _run(self, command: str, edges: Edges, work: Work) -> Result:
        start = self._clock.now()
        self._emit(events.RunStarted("", command, tuple(edges)))
        schedule = Schedule(
            edges, work, lambda name, why: self._emit(events.StepSkipped(name, why)), self._stop
        )
        failures = schedule.run()
        if self._stop.is_set() and (failures or schedule.blocked):
            failures.setdefault("", Interrupted("stopped", fix="run the same command again to continue"))
        detail = ", ".join(f"{name} failed" for name in failures if name)
        self._emit(events.RunFinished("", not failures, self._clock.now() - start, detail))
        removed = tuple(line for name in edges for line in self._removed.get(name, ()))
        seen = {name: self._seen[name] for name in self.graph.names if name in self._seen}
        return Result(self.outputs, failures, removed, seen)

    def _missing(self, name: str) -> tuple[str, ...]:
        return tuple(kind.__name__ for kind in self.graph[name].needs if self.outputs.find(kind) is None)

    def _observe(self, name: str) -> Observation:
        self._emit(events.StepStarted(name, "observe"))
        seen = self.graph[name].observe(self.context(name))
        self._seen[name] = seen
        if seen.output is not None:
            self._publish(name, seen.output)
        return seen

    def _discovered(self, only: Collection[str]) -> tuple[str, ...]:
        """Publish the steps that others need and whose output can be discovered; return their names."""
        steps = self.graph.upto(*only)
        names = [step.name for step in steps if isinstance(step, Discoverable) and step.name not in only]
        return tuple(name for name in names if self._discover(name))

    def _discover(self, name: str) -> Observation | None:
        step = self.graph[name]
        output = step.discover(self.context(name)) if isinstance(step, Discoverable) else None
        if output is None:
            return None
        self._publish(name, output)
        self._seen[name] = Observation(output, exists=True)
        return self._seen[name]

    def _require(self, name: str) -> tuple[bool, str]:
        if not self._missing(name) and self._cached(name):
            return False, "is there"
        seen = None if self._missing(name) else self._observe(name)
        if seen is None or seen.output is None:
            due = "; ".join(seen.changes) if seen else ""
            why = due or f"no {self.graph[name].produces.__name__} exists"
            raise NotFoundError(f"{name} is not there yet", why=why, fix=Command("up"))
        return False, "is there"

    def _cached(self, name: str) -> bool:
        """Publish the cached output of a step that others only need; return whether there is one."""
        step = self.graph[name]
        if not isinstance(step, HasCachedOutput):
            return False
        self._emit(events.StepStarted(name, "observe"))
        output = step.cached_output(self.context(name))
        if output is not None:
            self._publish(name, output)
        return output is not None

    def _apply(self, name: str) -> tuple[bool, str]:
        seen = self._observe(name)
        if seen.output is not None and not seen.changes:
            return False, "nothing to do"
        self._check_agreement(name, seen)
        self._gate(name)
        self._emit(events.StepStarted(name, "apply"))
        if seen.changes:
            self._changed.add(name)
        self._publish(name, self.graph[name].apply(self.context(name)))
        return bool(seen.changes), "; ".join(seen.changes[:3])

    def _check_agreement(self, name: str, seen: Observation) -> None:
        """Raise PlanChangedError if the step would do something else than was agreed to."""
        agreed = (self._agreement or {}).get(name)
        if agreed is None or not seen.changes or self.graph.ancestors(name) & self._changed:
            return
        if seen.fingerprint() != agreed:
            raise PlanChangedError(
                f"the plan of {name} is not the one that you agreed to; {name} changed nothing",
                why="\n".join(("it would now:", *(f"  {line}" for line in seen.changes[:20]))),
                fix="run the same command again to see the new plan",
            )

    def _destroy(self, name: str) -> tuple[bool, str]:
        self._gate(name)
        self._emit(events.StepStarted(name, "destroy"))
        removed = tuple(self.graph[name].destroy(self.context(name)))
        self._removed[name] = removed
        return bool(removed), f"{len(removed)} removed" if removed else "nothing there"

    def _publish(self, name: str, output: object) -> None:
        kind = self.graph[name].produces
        if not isinstance(output, kind):
            raise TypeError(f"{name} must publish {kind.__name__}, not {type(output).__name__}")
        self.outputs.put(output)

    def _timed(self, name: str, act: Callable[[], tuple[bool, str]]) -> None:
        start = self._clock.now()

        def ended(step: str) -> None:
            changed, detail = act()
            self._emit(events.StepFinished(step, changed, self._clock.now() - start, detail))

        self._reported(name, ended)

    def _reported(self, name: str, work: Work) -> None:
        """Run `work` and report its failure as an event before raising it."""
        start = self._clock.now()
        try:
            work(name)
        except PlanChangedError:
            self._emit(events.StepSkipped(name, "the plan is not the one that you agreed to"))
            raise
        except EpochctlError as error:
            self._emit(events.StepFailed(name, self._clock.now() - start, error.what, error.why, error.fix))
            raise
        except Exception as error:
            what = f"{name} ended with {type(error).__name__}: {error}"
            fix = "run again with --verbose for the trace"
            self._emit(events.StepFailed(name, self._clock.now() - start, what, "", fix))
            raise
