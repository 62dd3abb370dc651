"""What happens while a workflow runs, as frozen facts. Console, JSON lines and the journal subscribe."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Literal


@dataclass(frozen=True)
class Event:
    """Base of all events. step: the step's name, or "" for the whole run.

    region: where, of a command that is at work in several; else "".
    """

    step: str
    region: str = field(default="", kw_only=True)


@dataclass(frozen=True)
class RunStarted(Event):
    """A run of `command` begins; `steps` in the order a person would say them."""

    command: str
    steps: tuple[str, ...]


@dataclass(frozen=True)
class StepStarted(Event):
    """The step began; `doing`: observe, apply or destroy."""

    doing: Literal["observe", "apply", "destroy"]


@dataclass(frozen=True)
class StepProgress(Event):
    """One line of what is happening inside the step now."""

    message: str


@dataclass(frozen=True)
class StepWaiting(Event):
    """The step waits. what: for what; cause: why it is not there yet; waited and deadline in seconds.

    fix: what to do should it stay so.
    """

    what: str
    cause: str
    waited: float
    deadline: float
    fix: str = ""


@dataclass(frozen=True)
class StepFinished(Event):
    """The step ended well. changed: whether anything was made or removed. detail: one line for the reader."""

    changed: bool
    seconds: float
    detail: str


@dataclass(frozen=True)
class StepFailed(Event):
    """The step failed; the error's words."""

    seconds: float
    what: str
    why: str
    fix: str


@dataclass(frozen=True)
class StepSkipped(Event):
    """The step did not run; `reason` names what it would have needed."""

    reason: str


@dataclass(frozen=True)
class StepPlanned(Event):
    """What `apply` would do. changes: lines, or none; deferred_on: outputs that do not exist yet."""

    changes: tuple[str, ...]
    deferred_on: tuple[str, ...]


@dataclass(frozen=True)
class StepSeen(Event):
    """The look at the step is over, in a run that only looks. exists: whether anything of it is there."""

    exists: bool


@dataclass(frozen=True)
class RunFinished(Event):
    """The run ended. ok: every step ended well."""

    ok: bool
    seconds: float
    detail: str


Emit = Callable[[Event], None]


def event_fields(event: Event) -> dict[str, object]:
    """The event as plain data: {"event": "step_finished", "step": ..., its own fields}; "" is no region."""
    fields = {key: value for key, value in asdict(event).items() if key != "region" or value}
    return {"event": event_name(type(event)), **fields}


def event_name(kind: type[Event]) -> str:
    """Its name for programs: step_finished."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", kind.__name__).lower()
