"""Which other regions answer for the host name when some are torn down."""

from __future__ import annotations

from dataclasses import dataclass

from epochctl.command import AllRegionsCommand, Command
from epochctl.errors import VerifyError
from epochctl.operations.regions import RegionRunner
from epochctl.steps.dns.records import answering_regions


@dataclass(frozen=True)
class SurvivingRegions:
    """going: the regions that are torn down; stay: the others that answer now; silent: those that do not.

    is_last: what goes is all that answers, and the settings have more; is_listed: whether the settings have
    what goes; missing: what else they have.
    """

    hostname: str
    going: tuple[str, ...]
    stay: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()
    is_last: bool = False
    is_listed: bool = True
    missing: tuple[str, ...] = ()

    @property
    def notice(self) -> str:
        """What to show before the question; "" if there is nothing to say."""
        if self.is_last:
            return f"WARNING: {self._what}: {self._why}"
        if not self.stay:
            return ""
        return f"{self.hostname} goes on in {', '.join(self.stay)}: clients are sent there first"

    @property
    def refusal(self) -> VerifyError:
        """The error if no question can be asked."""
        fix = f"bring another one up first: {Command('up', '--region', self.missing[0])}"
        if self.is_listed:
            fix += f"\nto take the whole service down: {AllRegionsCommand('down')}"
        return VerifyError(self._what, why=self._why, fix=fix)

    @property
    def _what(self) -> str:
        return f"{', '.join(self.going)} is the last region that answers for {self.hostname}"

    @property
    def _why(self) -> str:
        return f"{', '.join(self.silent)} would not answer now" if self.silent else "there is no other one"


def surviving_regions(regions: RegionRunner) -> SurvivingRegions:
    """Return what remains when the healthy regions of this command are torn down."""
    settings = regions.settings
    going = tuple(run.region for run in regions.healthy)
    shares = regions.first.steps.dns.shares()
    answer = answering_regions(shares)
    stay = tuple(region for region in answer if region not in going)
    silent = tuple(share.region for share in shares if share.region not in (*going, *answer))
    missing = tuple(region for region in settings.regions if region not in going)
    is_last = bool(missing) and not stay and bool(answer)
    is_listed = set(going) <= set(settings.regions)
    return SurvivingRegions(settings.hostname, going, stay, silent, is_last, is_listed, missing)
