"""`resume`: finds the command of the last run that did not end well."""

from __future__ import annotations

from collections.abc import Mapping

from epochctl.locks import Holder
from epochctl.operations.regions import RegionRunner
from epochctl.operations.run import Run
from epochctl.operations.run_lock import shared_holder


def unfinished(regions: RegionRunner) -> tuple[list[str], ...]:
    """Return the words of each command to resume. If there is none, show that."""
    found = regions.run_parallel(_last)
    last = {region: holder for region, holder in found.items() if holder is not None}
    if not last:
        regions.show_result({"resumed": ""}, ("Nothing to resume: the last run ended well.",))
        return ()
    return commands(last, len(found))


def commands(unfinished: Mapping[str, Holder], regions: int) -> tuple[list[str], ...]:
    """Return one command if a single run covered all regions, else one for each unfinished region."""
    if regions == 1 or (len(unfinished) == regions and len({last.run for last in unfinished.values()}) == 1):
        return (next(iter(unfinished.values())).command.split(),)
    return tuple([*last.command.split(), f"--region={region}"] for region, last in unfinished.items())


def _last(run: Run) -> Holder | None:
    """Return the last run here if it did not end well, else the holder of a lock that still exists."""
    here = run.local_lock.read_holder()
    if here is not None and here.ended != "ok":
        return here
    return shared_holder(run)
