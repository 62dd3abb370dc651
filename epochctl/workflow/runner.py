"""What happens to a graph of steps: observed, planned, brought up, taken down.

Knows the step protocol and nothing of any step; whoever wants to see it subscribes through `emit`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

from epochctl.errors import EpochctlError, Interrupted, NotFoundError
from epochctl.workflow import events
from epochctl.workflow.events import Emit
from epochctl.workflow.graph import Edges, Graph
from epochctl.workflow.outputs import Outputs
from epochctl.workflow.schedule import Schedule, Work
from epochctl.workflow.step import Context, Discoverable, HasCachedOutput, Observation, ReadOnly, Step
from epochctl.workflow.waiting import Clock

# Called with a step's name before it changes anything; raises where that must not begin.
Gate = Callable[[str], None]


@dataclass(frozen=True)
class Result:
    """How a run ended: what was published, what failed (by step), which lines were removed, what was seen."""

    outputs: Outputs
    failures: dict[str, BaseException] = field(default_factory=dict)
    removed: tuple[str, ...] = ()
    seen: dict[str, Observation] = field(default_factory=dict)

    def check(self) -> Result:
        """Itself, or the first failure raised; a stopped run is Interrupted whatever else failed."""
        if any(isinstance(error, Interrupted) for error in self.failures.values()):
            # Several steps were; which program of which of them ended first tells nobody anything.
            others = [
                f"{name} failed: {error}"
                for name, error in self.failures.items()
                if not isinstance(error, Interrupted)
            ]
            raise Interrupted(
                "what was under way has ended in order",
                why="\n".join(others),
                fix="run the same command again to continue",
            )
        for error in self.failures.values():
            raise error
        return self


class Runner:
    """Runs steps. `stop` ends a run in order; the same event must be the clock's. read_only: see Context."""

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
        self._seen: dict[str, Observation] = {}
        self._removed: dict[str, tuple[str, ...]] = {}

    def up(self, only: Collection[str] = (), command: str = "up") -> Result:
        """Apply every step, or those in `only`: then what they need is observed and must be there already.
        Of what stands nothing is needed that it was made of.
        """
        edges = self.graph.towards(only, self._standing(only)) if only else self.graph.edges

        def work(name: str) -> None:
            self._timed(name, lambda: self._apply(name) if not only or name in only else self._require(name))

        return self._run(command, edges, work)

    def plan(self, command: str = "plan") -> Result:
        """Observe every step and say what `up` would change; one whose needs do not exist yet is deferred."""

        def work(name: str) -> None:
            missing = self._missing(name)
            if missing:
                self._emit(events.StepPlanned(name, (), missing))
                return
            seen = self._observe(name)
            self._emit(events.StepPlanned(name, seen.changes, ()))

        return self._run(command, self.graph.edges, lambda name: self._failing(name, work))

    def survey(self, command: str = "status", only: Collection[str] = ()) -> Result:
        """Observe what can be, all or `only` these and their needs; what cannot be is told and left out."""
        graph = self.graph.upto(*only) if only else self.graph

        def work(name: str) -> None:
            seen = None
            if not self._missing(name) or isinstance(self.graph.step(name), Discoverable):
                try:
                    seen = self._stands(name) if self._missing(name) else self._observe(name)
                except Interrupted:
                    raise
                except Exception as error:
                    self._emit(events.StepProgress(name, f"could not be observed: {error}"))
            self._emit(events.StepSeen(name, seen is not None and seen.exists))

        return self._run(command, graph.edges, work)

    def down(self, command: str = "down", only: Collection[str] = ()) -> Result:
        """Destroy in reverse, each as soon as its users are gone. Call `survey` first, for the outputs."""

        def work(name: str) -> None:
            self._timed(name, lambda: self._destroy(name))

        edges = self.graph.reversed()
        return self._run(command, dict.fromkeys(only, ()) if only else edges, work)

    def act(self, name: str, command: str, work: Callable[[Context], tuple[bool, str]]) -> Result:
        """Something else that a step can do, told and written down like a run. work: (changed, detail)."""

        def acting(step: str) -> None:
            self._emit(events.StepStarted(step, "apply"))
            self._timed(step, lambda: work(self.context(step)))

        return self._run(command, {name: ()}, acting)

    def context(self, name: str) -> Context:
        """What a step of that name is handed."""
        return Context(name, self.outputs, self._emit, self._clock, self._read_only)

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
        return Result(self.outputs, failures, removed, dict(self._seen))

    def _missing(self, name: str) -> tuple[str, ...]:
        return tuple(kind.__name__ for kind in self.graph.step(name).needs if self.outputs.find(kind) is None)

    def _observe(self, name: str) -> Observation:
        self._emit(events.StepStarted(name, "observe"))
        seen = self.graph.step(name).observe(self.context(name))
        self._seen[name] = seen
        if seen.output is not None:
            self._publish(name, seen.output)
        return seen

    def _standing(self, only: Collection[str]) -> tuple[str, ...]:
        """Steps that others need and that stand: published, and done with."""
        steps = self.graph.upto(*only)
        names = [step.name for step in steps if isinstance(step, Discoverable) and step.name not in only]
        return tuple(name for name in names if self._stands(name))

    def _stands(self, name: str) -> Observation | None:
        step = self.graph.step(name)
        output = step.discover(self.context(name)) if isinstance(step, Discoverable) else None
        if output is None:
            return None
        self._publish(name, output)
        self._seen[name] = Observation(output, exists=True)
        return self._seen[name]

    def _require(self, name: str) -> tuple[bool, str]:
        if not self._missing(name) and self._known(name):
            return False, "is there"
        seen = None if self._missing(name) else self._observe(name)
        if seen is None or seen.output is None:
            due = "; ".join(seen.changes) if seen else ""
            why = due or f"no {self.graph.step(name).produces.__name__} exists"
            raise NotFoundError(f"{name} is not there yet", why=why, fix="epochctl up")
        return False, "is there"

    def _known(self, name: str) -> bool:
        """Whether a step that is only needed tells its output without a full look, if it can."""
        step = self.graph.step(name)
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
        self._gate(name)
        self._emit(events.StepStarted(name, "apply"))
        self._publish(name, self.graph.step(name).apply(self.context(name)))
        return bool(seen.changes), "; ".join(seen.changes[:3])

    def _destroy(self, name: str) -> tuple[bool, str]:
        self._gate(name)
        self._emit(events.StepStarted(name, "destroy"))
        removed = tuple(self.graph.step(name).destroy(self.context(name)))
        self._removed[name] = removed
        return bool(removed), f"{len(removed)} removed" if removed else "nothing there"

    def _publish(self, name: str, output: object) -> None:
        kind = self.graph.step(name).produces
        if not isinstance(output, kind):
            raise TypeError(f"{name} must publish {kind.__name__}, not {type(output).__name__}")
        self.outputs.put(output)

    def _timed(self, name: str, act: Callable[[], tuple[bool, str]]) -> None:
        start = self._clock.now()

        def ended(step: str) -> None:
            changed, detail = act()
            self._emit(events.StepFinished(step, changed, self._clock.now() - start, detail))

        self._failing(name, ended)

    def _failing(self, name: str, work: Work) -> None:
        start = self._clock.now()
        try:
            work(name)
        except EpochctlError as error:
            self._emit(events.StepFailed(name, self._clock.now() - start, error.what, error.why, error.fix))
            raise
        except Exception as error:
            what = f"{name} ended with {type(error).__name__}: {error}"
            self._emit(
                events.StepFailed(
                    name, self._clock.now() - start, what, "", "run again with --verbose for the trace"
                )
            )
            raise
