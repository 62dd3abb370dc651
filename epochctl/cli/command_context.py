"""Begins and ends a command: settings, regions, signals, and what shows events and asks questions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from epochctl.cli import signals
from epochctl.cli.options import Globals
from epochctl.cli.output.presenter import BrokenPipeGuard, presenter
from epochctl.command import Command
from epochctl.errors import Interrupted, SettingsError

if TYPE_CHECKING:  # a command's help does without the weight of what it runs
    from epochctl.config.settings import Settings
    from epochctl.operations.presenter import Presenter
    from epochctl.operations.regions import RegionRunner
    from epochctl.operations.run import Run


@contextmanager
def open_command(
    options: Globals,
    *,
    output: str = "text",
    title: str = "",
    ttl: str = "",
    listed: bool = False,
    reviewed: Path | None = None,
) -> Iterator[RegionRunner]:
    """Load the settings, handle signals, show events; restore everything at the end.

    listed: refuse a region that the settings do not list; reviewed: the only plans that may be applied.
    Raises SettingsError, and at the end the failure of the regions.
    """
    from epochctl.operations.regions import AllRegionsFailedError, RegionRunner

    settings = options.settings()
    if listed:
        _refuse_delisted(settings, title)
    where = f" in {settings.selected_regions[0]}" if len(settings.selected_regions) == 1 else ""
    heading = f"{title} {settings.full_name}{where}".strip()
    stop = options.dependencies.stop
    guard = BrokenPipeGuard(presenter(output, heading, options.hints), stop)
    try:
        runs = _runs(options, settings, guard, ttl, reviewed)
        with signals.stopping(stop):
            regions = RegionRunner(settings, runs, guard, runs[0].prompt, title)
            with suppress(AllRegionsFailedError):
                yield regions
            regions.finish()
    except Interrupted as stopped:
        if stopped.fix and title and "epochctl" not in stopped.fix:
            stopped.fix += f": {Command(*title.split())}"
        raise
    finally:
        guard.close()


def _runs(
    options: Globals, settings: Settings, presenter: Presenter, ttl: str, reviewed: Path | None
) -> tuple[Run, ...]:
    """Return a Run for each region; they share one id."""
    from epochctl.operations.infra import load_reviewed
    from epochctl.operations.run import Run

    home, *others = settings.selected_regions
    plans = load_reviewed(settings, reviewed)
    first = Run(settings, home, presenter, options.prompt, options.dependencies, ttl, plans)
    return (first, *(replace(first, region=region) for region in others))


def _refuse_delisted(settings: Settings, command: str) -> None:
    region = settings.selected_region
    if region and region not in settings.regions:
        raise SettingsError(
            f"{region} is not one of the regions of epochctl.toml",
            why=f"regions = {', '.join(settings.regions)}; elsewhere there is only looking and removing",
            fix=f"add it to regions to bring it up; to remove it: {Command('down', '--region', region)}",
        )
