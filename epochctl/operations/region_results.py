"""What became of each region of a command, in lines, in fields, and as one error. Knows no command."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from epochctl.errors import EpochctlError, Interrupted

if TYPE_CHECKING:
    from epochctl.cli.output.presenter import Presenter
    from epochctl.operations.run import Run
    from epochctl.workflow.events import Event

MISSED = "not reached"


@dataclass(frozen=True)
class Output:
    """Last words, for a program and for a person."""

    fields: dict[str, object] = field(default_factory=dict)
    lines: tuple[str, ...] = ()


class RegionPresenter:
    """One region's presenter among several: its events say where; its last words are kept for the end."""

    def __init__(self, presenter: Presenter, region: str) -> None:
        self._presenter, self._region = presenter, region
        self.told: Output | None = None

    def __call__(self, event: Event) -> None:
        self._presenter(replace(event, region=self._region))

    def result(self, fields: dict[str, object], lines: tuple[str, ...] = ()) -> None:
        """Kept."""
        self.told = Output(fields, lines)

    def close(self) -> None:
        """The others may still have something to say."""


@dataclass(frozen=True)
class RegionResult:
    """How one region ended. command: what repairs it; error: what went wrong; missed: it had no turn."""

    region: str
    command: str
    told: Output
    error: Exception | None = None
    missed: bool = False

    @property
    def ending(self) -> str:
        """In a word or two."""
        if self.error is not None:
            return f"FAILED: {_what(self.error)}"
        return MISSED if self.missed else "ok"

    @property
    def fields(self) -> dict[str, object]:
        """For a program."""
        fields: dict[str, object] = {"ok": self.error is None and not self.missed, **self.told.fields}
        return fields | ({} if fields["ok"] else {"error": self.ending.removeprefix("FAILED: ")})


def states(
    sessions: Iterable[Run], command: str, failures: Mapping[str, Exception], missed: Iterable[str]
) -> tuple[RegionResult, ...]:
    """Of every region, in the order of the settings."""
    never = set(missed)
    return tuple(
        RegionResult(one.region, command, told(one), failures.get(one.region), one.region in never)
        for one in sessions
    )


def blocks(states: Iterable[RegionResult]) -> tuple[str, ...]:
    """A region that has much to say gets a heading, another one a line."""
    lines: list[str] = []
    for state in states:
        said = [line for line in "\n".join(state.told.lines).strip("\n").split("\n") if state.told.lines]
        if len(said) > 1:
            lines += ["", f"{state.region}:", *(f"  {line}".rstrip() for line in said)]
            lines += [f"  {state.ending}"] if state.error else []
        else:
            lines.append(f"{state.region}: {state.ending if state.error or not said else said[0]}")
    return tuple(lines)


def failure(states: tuple[RegionResult, ...]) -> EpochctlError:
    """One error for all of them, of the kind of the first: which regions, why, and what repairs each."""
    failed = [state for state in states if state.error is not None]
    errors = [_known(state.error) for state in failed if state.error is not None]
    if any(isinstance(error, Interrupted) for error in errors):
        return _interrupted(failed)
    if len(failed) == len(states) and len({str(error) for error in errors}) == 1:
        return errors[0]  # the same everywhere: no region is to blame
    head = f"{states[0].command.split()[0]} failed in {len(failed)} of {len(states)} regions"
    why = "\n".join(_paragraph(state) for state in states)
    fix = "\n".join(f"epochctl {state.command} --region {state.region}" for state in failed)
    if any(state.missed for state in states if state.command == failed[0].command):
        fix = f"epochctl {failed[0].command}"  # it goes through the first ones again, and on
    made = _kind(errors[0])(f"{head}: {', '.join(state.region for state in failed)}", why=why, fix=fix)
    made.__cause__ = failed[0].error
    return made


def _kind(error: EpochctlError) -> type[EpochctlError]:
    """The documented class: that decides the exit code."""
    return next(kind for kind in type(error).__mro__ if kind.__module__ == EpochctlError.__module__)


def _interrupted(failed: list[RegionResult]) -> EpochctlError:
    why = [_paragraph(state) for state in failed if not isinstance(state.error, Interrupted)]
    return Interrupted(
        "what was under way has ended in order",
        why="\n".join(why),
        fix="run the same command again to continue",
    )


def _paragraph(state: RegionResult) -> str:
    """The region, and under it the rest of what its error says."""
    if state.error is None:
        return f"{state.region}: {state.ending}"
    error = _known(state.error)
    rest = [*error.why.splitlines(), *(f"next: {line}" for line in error.fix.splitlines())]
    return "\n  ".join((f"{state.region}: {error.what}", *rest))


def _known(error: Exception) -> EpochctlError:
    """One that nobody foresaw in the words that it would be shown with alone."""
    return error if isinstance(error, EpochctlError) else EpochctlError(_what(error))


def _what(error: Exception) -> str:
    return error.what if isinstance(error, EpochctlError) else f"unexpected {type(error).__name__}: {error}"


def told(session: Run) -> Output:
    """What one region has had to say."""
    voice = session.presenter
    return (voice.told if isinstance(voice, RegionPresenter) else None) or Output()
