"""The step protocol: a name, the outputs a step needs and produces, and observe, apply and destroy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol, TypeVar, runtime_checkable

from epochctl.workflow.events import Emit, StepProgress, StepWaiting
from epochctl.workflow.outputs import Outputs
from epochctl.workflow.waiting import Clock, Pending, Ready, SystemClock, wait_for

T = TypeVar("T")

Fingerprint = tuple[str, ...]


@dataclass(frozen=True)
class Observation:
    """The current state as a step sees it.

    output: what the step would publish now; None if it does not exist or is incomplete.
    changes: what apply would do, a line each; empty if apply would change nothing. Without an output and
    without changes, apply only reads (as `verify` does) and counts as unchanged.
    exists: whether destroy would have anything to remove.
    identify: returns a digest of the changes in full, where `changes` abbreviates them. It is called only
    when two plans are compared, because it may start a program.
    """

    output: Any | None
    changes: tuple[str, ...] = ()
    exists: bool = False
    identify: Callable[[], str] | None = field(default=None, compare=False)

    def fingerprint(self) -> Fingerprint:
        """Return what tells this plan of a step from another one. Raises what `identify` raises."""
        detail = self.identify() if self.identify is not None and self.changes else ""
        return (*self.changes, detail)


@dataclass(frozen=True)
class ReadOnly:
    """The command changes nothing, repairs nothing and waits for no other run.

    concurrent_run: the run that is active in this directory meanwhile; "" if there is none.
    """

    concurrent_run: str = ""


@dataclass(frozen=True)
class Context:
    """What a step receives besides its collaborators: the outputs so far, and ways to report and to wait.

    read_only: set if the command changes nothing; None if it may change things.
    agreed: whether a person agreed to the step's plan; then a step must not apply more than that plan.
    """

    step: str
    outputs: Outputs
    emit: Emit
    clock: Clock = field(default_factory=SystemClock)
    read_only: ReadOnly | None = None
    agreed: bool = False

    def report(self, message: str) -> None:
        """Report one line of progress."""
        self.emit(StepProgress(self.step, message))

    def wait_for(
        self,
        what: str,
        probe: Callable[[], Ready[T] | Pending],
        *,
        deadline: float,
        fix: str = "",
        longest: float = 5.0,
    ) -> T:
        """Call waiting.wait_for and report each wait as an event."""

        def progress(what: str, cause: str, waited: float, deadline: float) -> None:
            self.emit(StepWaiting(self.step, what, cause, waited, deadline, fix))

        return wait_for(
            what, probe, deadline=deadline, clock=self.clock, progress=progress, fix=fix, longest=longest
        )


class Step(Protocol):
    """One word that the user types. steps.catalog makes each step with its collaborators."""

    name: ClassVar[str]
    needs: ClassVar[tuple[type, ...]]
    produces: ClassVar[type]

    def observe(self, ctx: Context) -> Observation:
        """Read the current state and change nothing. Called only if every needed output exists."""
        ...

    def apply(self, ctx: Context) -> Any:
        """Create or update, and return the output. Safe to repeat, also after a kill at any point."""
        ...

    def destroy(self, ctx: Context) -> tuple[str, ...]:
        """Delete, and return what was deleted, a line each; already absent is success.

        Needed outputs may be missing (ctx.outputs.find returns None): then delete what can be found
        without them.
        """
        ...


@runtime_checkable
class HasCachedOutput(Protocol):
    """A step that can return its output without a full observation."""

    def cached_output(self, ctx: Context) -> Any | None:
        """Return the output as it was published last; None if only `observe` can tell."""
        ...


@runtime_checkable
class Discoverable(Protocol):
    """A step whose output can be found without the outputs that it was made from, as on another machine."""

    def discover(self, ctx: Context) -> Any | None:
        """Return the output of what exists, even if needed outputs are missing; None if nothing exists."""
        ...
