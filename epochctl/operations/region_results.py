"""The outcome of each region of a command: as lines, as fields, and as one error."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from epochctl.command import Command
from epochctl.errors import EpochctlError, Interrupted, ended_in_order
from epochctl.operations.presenter import Presenter
from epochctl.operations.run import Run
from epochctl.workflow.events import Event

NOT_REACHED = "not reached"


@dataclass(frozen=True)
class Output:
    """A result: fields for a program, lines for a person."""

    fields: dict[str, object] = field(default_factory=dict)
    lines: tuple[str, ...] = ()


class RegionPresenter:
    """The presenter of one region among several: events name the region; the result is kept for the end."""

    def __init__(self, presenter: Presenter, region: str) -> None:
        self._presenter, self._region = presenter, region
        self.output: Output | None = None

    def __call__(self, event: Event) -> None:
        self._presenter(replace(event, region=self._region))

    def result(self, fields: dict[str, object], lines: tuple[str, ...] = ()) -> None:
        """Keep the result."""
        self.output = Output(fields, lines)

    def close(self) -> None:
        """Do nothing: other regions may still have something to show."""


@dataclass(frozen=True)
class RegionResult:
    """How one region ended. command: what repairs it; error: what failed; is_reached: whether it started."""

    region: str
    command: str
    output: Output
    error: Exception | None = None
    is_reached: bool = True

    @property
    def ending(self) -> str:
        """The outcome in a few words."""
        if self.error is not None:
            return f"FAILED: {_what(self.error)}"
        return "ok" if self.is_reached else NOT_REACHED

    @property
    def fields(self) -> dict[str, object]:
        """The outcome for a program."""
        fields: dict[str, object] = {"ok": self.error is None and self.is_reached, **self.output.fields}
        return fields | ({} if fields["ok"] else {"error": self.ending.removeprefix("FAILED: ")})


def results(
    runs: Iterable[Run], command: str, failures: Mapping[str, Exception], not_reached: Iterable[str]
) -> tuple[RegionResult, ...]:
    """Return the outcome of every region, in the order of the settings."""
    never = set(not_reached)
    return tuple(
        RegionResult(run.region, command, output_of(run), failures.get(run.region), run.region not in never)
        for run in runs
    )


def blocks(results: Iterable[RegionResult]) -> tuple[str, ...]:
    """Return the lines to show: a heading and a block for a region with several lines, else one line."""
    lines: list[str] = []
    for one in results:
        shown = [line for line in "\n".join(one.output.lines).strip("\n").split("\n") if one.output.lines]
        if len(shown) > 1:
            lines += ["", f"{one.region}:", *(f"  {line}".rstrip() for line in shown)]
            lines += [f"  {one.ending}"] if one.error else []
        else:
            lines.append(f"{one.region}: {one.ending if one.error or not shown else shown[0]}")
    return tuple(lines)


def failure(results: tuple[RegionResult, ...]) -> EpochctlError:
    """Return one error of the class of the first: which regions failed, why, and what repairs each."""
    failed = [one for one in results if one.error is not None]
    errors = [_as_known(one.error) for one in failed if one.error is not None]
    if any(isinstance(error, Interrupted) for error in errors):
        others = [one for one in failed if not isinstance(one.error, Interrupted)]
        return ended_in_order(_paragraph(one) for one in others)
    if len(failed) == len(results) and len({str(error) for error in errors}) == 1:
        return errors[0]  # the cause is not a region
    head = f"{results[0].command.split()[0]} failed in {len(failed)} of {len(results)} regions"
    why = "\n".join(_paragraph(one) for one in results)
    fix = "\n".join(Command(*one.command.split(), "--region", one.region) for one in failed)
    if any(not one.is_reached for one in results if one.command == failed[0].command):
        fix = Command(*failed[0].command.split())  # it repeats the first regions and goes on to the others
    made = _documented_class(errors[0])(
        f"{head}: {', '.join(one.region for one in failed)}", why=why, fix=fix
    )
    made.__cause__ = failed[0].error
    return made


def _documented_class(error: EpochctlError) -> type[EpochctlError]:
    """Return the class of errors.py, which decides the exit code."""
    return next(kind for kind in type(error).__mro__ if kind.__module__ == EpochctlError.__module__)


def _paragraph(one: RegionResult) -> str:
    """Return the region and, below it, the rest of its error."""
    if one.error is None:
        return f"{one.region}: {one.ending}"
    error = _as_known(one.error)
    rest = [*error.why.splitlines(), *(f"next: {line}" for line in error.fix.splitlines())]
    return "\n  ".join((f"{one.region}: {error.what}", *rest))


def _as_known(error: Exception) -> EpochctlError:
    return error if isinstance(error, EpochctlError) else EpochctlError(_what(error))


def _what(error: Exception) -> str:
    return error.what if isinstance(error, EpochctlError) else f"unexpected {type(error).__name__}: {error}"


def output_of(run: Run) -> Output:
    """Return the result that a region has given so far."""
    presenter = run.presenter
    return (presenter.output if isinstance(presenter, RegionPresenter) else None) or Output()
