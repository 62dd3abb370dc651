"""Which other regions answer for the host name while some are taken away. Removes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from epochctl.errors import VerifyError

if TYPE_CHECKING:
    from epochctl.cli.fleet import Fleet


@dataclass(frozen=True)
class Elsewhere:
    """regions: the others that clients are sent to; ill: the others that would not answer now."""

    hostname: str
    going: tuple[str, ...]
    regions: tuple[str, ...] = ()
    ill: tuple[str, ...] = ()

    @property
    def last(self) -> bool:
        """Whether what goes is the last that answers, though others are said to exist."""
        return bool(self.ill) and not self.regions

    @property
    def told(self) -> str:
        """For a person who is asked."""
        going = ", ".join(self.going)
        if self.last:
            return f"WARNING: {going} is the last that answers for {self.hostname}: {self._ill}"
        if not self.regions:
            return ""
        return (
            f"{self.hostname} goes on in {', '.join(self.regions)}: clients of {going} are sent there first"
        )

    @property
    def refusal(self) -> VerifyError:
        """For whoever cannot be asked."""
        return VerifyError(
            f"{', '.join(self.going)} is the last region that answers for {self.hostname}",
            why=self._ill,
            fix=f"epochctl up --region {self.ill[0]}\nto take the whole service down: epochctl down",
        )

    @property
    def _ill(self) -> str:
        return f"{', '.join(self.ill)} would not answer now"


def elsewhere(fleet: Fleet) -> Elsewhere:
    """Seen from those that go."""
    going = tuple(session.region for session in fleet.standing)
    others = tuple(region for region in fleet.settings.regions if region not in going)
    return Elsewhere(fleet.settings.hostname, going, others)
