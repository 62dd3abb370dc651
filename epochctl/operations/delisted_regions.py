"""Regions that the settings no longer list but whose DNS record still exists: `up` tears them down last."""

from __future__ import annotations

from epochctl.operations import teardown
from epochctl.operations.regions import RegionRunner
from epochctl.operations.run import Run
from epochctl.operations.run_lock import locked

WHY = "is no longer in regions: drained and removed"


def find(regions: RegionRunner) -> None:
    """Add the delisted regions, unless the command is for one region only."""
    settings = regions.settings
    if settings.selected_region:
        return
    shares = regions.first.steps.dns.shares()
    regions.add_delisted(share.region for share in shares if share.region not in settings.regions)


def tear_down(regions: RegionRunner, wait: str | None) -> None:
    """Tear the delisted regions down if no region has failed: until then they may be all that answers."""
    if not regions.failures:
        regions.run_parallel(lambda run: _tear_down(run, wait), regions.delisted)


def _tear_down(run: Run, wait: str | None) -> None:
    with locked(run, "down", wait):
        teardown.tear_down(run, teardown.look(run), others_serve=True)
