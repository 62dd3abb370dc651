"""Which other regions answer for the host name while some are taken away. Removes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from epochctl.errors import VerifyError

if TYPE_CHECKING:
    from epochctl.operations.regions import RegionRunner
    from epochctl.operations.run import Run
    from epochctl.steps.dns.region_share import RegionShare


@dataclass(frozen=True)
class SurvivingRegions:
    """going: the regions that are taken away; stay: the others that answer now; silent: those that do not.
    listed: whether the settings have what goes; missing: what else they have.

    last: what goes is all that answers, and not because everything goes.
    """

    hostname: str
    going: tuple[str, ...]
    stay: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()
    last: bool = False
    listed: bool = True
    missing: tuple[str, ...] = ()

    @property
    def told(self) -> str:
        """For a person who is asked."""
        if self.last:
            return f"WARNING: {self._what}: {self._why}"
        if not self.stay:
            return ""
        return f"{self.hostname} goes on in {', '.join(self.stay)}: clients are sent there first"

    @property
    def refusal(self) -> VerifyError:
        """For whoever cannot be asked."""
        fix = f"bring another one up first: epochctl up --region {self.missing[0]}"
        if self.listed:
            fix += "\nto take the whole service down: epochctl down"
        return VerifyError(self._what, why=self._why, fix=fix)

    @property
    def _what(self) -> str:
        return f"{', '.join(self.going)} is the last region that answers for {self.hostname}"

    @property
    def _why(self) -> str:
        return f"{', '.join(self.silent)} would not answer now" if self.silent else "there is no other one"


def elsewhere(fleet: RegionRunner) -> SurvivingRegions:
    """Seen from those that go."""
    from epochctl.steps.dns.region_share import answering

    settings = fleet.settings
    going = tuple(session.region for session in fleet.standing)
    known = shares(fleet.first)
    answer = answering(known)
    stay = tuple(region for region in answer if region not in going)
    silent = tuple(share.region for share in known if share.region not in (*going, *answer))
    missing = tuple(region for region in settings.regions if region not in going)
    last = bool(missing) and not stay and bool(answer)
    listed = set(going) <= set(settings.regions)
    return SurvivingRegions(settings.hostname, going, stay, silent, last, listed, missing)


def shares(session: Run) -> tuple[RegionShare, ...]:
    """Every region that has a record of ours for the host name."""
    step: Any = next((step for step in session.runner().graph if step.name == "dns"), None)
    found: tuple[RegionShare, ...] = step.shares() if step else ()
    return found
