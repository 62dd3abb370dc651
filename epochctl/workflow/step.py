"""What a step is: a noun with a name, the outputs it needs, the output it produces, and three verbs.

Knows nothing of AWS, of terminals, or of the order in which steps run.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol, TypeVar, runtime_checkable

from epochctl.workflow.events import Emit, StepProgress, StepWaiting
from epochctl.workflow.outputs import Outputs
from epochctl.workflow.waiting import Clock, Pending, Ready, SystemClock, wait_for

T = TypeVar("T")


@dataclass(frozen=True)
class Observation:
    """What the world looks like to a step.

    output: what the step would publish as things stand, None when it does not exist or is not complete.
    changes: what apply would still do, a line each; empty means apply would change nothing. Without an output
    and without changes, apply only looks (as `verify` does), and counts as nothing changed.
    exists: whether destroy would have anything to remove.
    """

    output: Any | None
    changes: tuple[str, ...] = ()
    exists: bool = False


@dataclass(frozen=True)
class ReadOnly:
    """Nothing is to be changed, not even put right, and nobody waited for.

    beside: the run that is at work here meanwhile, "" for none.
    """

    beside: str = ""


@dataclass(frozen=True)
class Context:
    """What a step gets besides its own collaborators: the outputs so far, and a way to tell and to wait.

    read_only: the command changes nothing; None where it may change things.
    """

    step: str
    outputs: Outputs
    emit: Emit
    clock: Clock = field(default_factory=SystemClock)
    read_only: ReadOnly | None = None

    def say(self, message: str) -> None:
        """One line of progress, shown live."""
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
        """waiting.wait_for, told to whoever listens."""

        def progress(what: str, cause: str, waited: float, deadline: float) -> None:
            self.emit(StepWaiting(self.step, what, cause, waited, deadline, fix))

        return wait_for(
            what, probe, deadline=deadline, clock=self.clock, progress=progress, fix=fix, longest=longest
        )


class Step(Protocol):
    """One word the user types. steps.catalog makes each with its collaborators (settings, clients, tools)."""

    name: ClassVar[str]
    needs: ClassVar[tuple[type, ...]]
    produces: ClassVar[type]

    def observe(self, ctx: Context) -> Observation:
        """Read the world, change nothing. Only called when every needed output exists."""
        ...

    def apply(self, ctx: Context) -> Any:
        """Make it so, and return the output. Safe to run again, and after a kill at any point."""
        ...

    def destroy(self, ctx: Context) -> tuple[str, ...]:
        """Remove it; already absent is success. Needed outputs may be missing (ctx.outputs.find gives None):
        then remove what can be found without them. Returns what was removed, a line each."""
        ...


@runtime_checkable
class HasCachedOutput(Protocol):
    """A step that can tell its output at once, where others only need it; what is due it does not say."""

    def cached_output(self, ctx: Context) -> Any | None:
        """The output as it was published last; None where only a full look tells."""
        ...


@runtime_checkable
class Discoverable(Protocol):
    """A step whose work is seen without what it was made of: from another machine, or after a change here."""

    def discover(self, ctx: Context) -> Any | None:
        """The output of what stands, also where needed outputs are missing; None where nothing does."""
        ...
