"""A command begins: its settings, the regions it is for, signals, somebody who shows. And it ends.

Knows no command's meaning.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from epochctl.cli.options import Globals
from epochctl.errors import Interrupted, SettingsError
from epochctl.operations.regions import AllRegionsFailedError, RegionRunner
from epochctl.operations.run import Run

if TYPE_CHECKING:
    from epochctl.cli.hints import Advice
    from epochctl.cli.output.presenter import Presenter
    from epochctl.config.settings import Settings
    from epochctl.steps.infra_up import Reviewed


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
    """Load the settings, begin to listen to signals, show what happens; at the end all of it is put back.

    listed: only for regions that the settings list; else also for one that was taken out of them.
    reviewed: where the only plans are that may be applied.
    """
    from epochctl.cli import signals
    from epochctl.cli.output.presenter import BrokenPipeGuard, presenter
    from epochctl.operations import reviewed_plans
    from epochctl.tools.process import Stop

    settings = options.settings()
    only = reviewed_plans.load(settings, reviewed)
    if listed:
        _refuse_stranger(settings, title)
    where = f" in {settings.selected_regions[0]}" if len(settings.selected_regions) == 1 else ""
    heading = f"{title} {settings.full_name}{where}".strip()
    audience = BrokenPipeGuard(presenter(output, heading, options.advice), Stop.event)
    try:
        with signals.stopping(Stop.event):
            fleet = RegionRunner(
                settings, _sessions(settings, audience, ttl, only, options.advice), audience, title
            )
            with suppress(AllRegionsFailedError):
                yield fleet
            fleet.end()
    except Interrupted as stopped:
        named = "epochctl" in stopped.fix
        stopped.fix += f": epochctl {title}" if stopped.fix and title and not named else ""
        raise
    finally:
        audience.close()


def _sessions(
    settings: Settings, presenter: Presenter, ttl: str, reviewed: Reviewed | None, advice: Advice
) -> tuple[Run, ...]:
    """One a region; all of them are one run."""
    from epochctl.aws.session import Aws

    home = settings.selected_regions[0]
    first = Run(settings, home, Aws(home), presenter, ttl, reviewed, advice=advice)
    return (
        first,
        *(replace(first, region=region, aws=Aws(region)) for region in settings.selected_regions[1:]),
    )


def _refuse_stranger(settings: Settings, command: str) -> None:
    if settings.selected_region and settings.selected_region not in settings.regions:
        raise SettingsError(
            f"{settings.selected_region} is not one of the regions of epochctl.toml",
            why=f"regions = {', '.join(settings.regions)}; elsewhere there is only looking and removing",
            fix="add it to regions to bring it up; to remove it: "
            f"epochctl down --region {settings.selected_region}",
        )
