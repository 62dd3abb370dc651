"""Regions that the settings do not list any more, but whose record still stands in the DNS: part of `up`.

They go last, when every other region has been verified.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from epochctl.operations.regions import RegionRunner
    from epochctl.operations.run import Run

WHY = "is no longer in regions: drained and removed"


def find(fleet: RegionRunner) -> None:
    """Nothing where one region is meant: nothing is said of the others then."""
    from epochctl.aws.session import Aws
    from epochctl.operations.surviving_regions import shares

    settings = fleet.settings
    if settings.selected_region:
        return
    gone = [share.region for share in shares(fleet.first) if share.region not in settings.regions]
    fleet.dismiss(tuple(replace(fleet.first, region=region, aws=Aws(region)) for region in gone))


def remove(fleet: RegionRunner, wait: str | None) -> None:
    """Only where all others are well: until then these may be what still answers."""
    if not fleet.failures:
        fleet.each(lambda session: _remove(session, wait), fleet.leaving)


def _remove(session: Run, wait: str | None) -> None:
    from epochctl.operations import teardown
    from epochctl.operations.run_lock import locked

    with locked(session, "down", wait):
        teardown.remove(session, teardown.look(session), others_serve=True)
