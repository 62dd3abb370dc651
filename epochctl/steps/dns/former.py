"""Host names that this environment had before: its records of them lead to a load balancer that no longer
answers for them.

`up` learns of them from our certificates, which stay until `down`; `down` looks at every record there is.
Other regions' records of such a name are theirs to remove.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from epochctl.clients.acm import Acm
from epochctl.clients.route53 import HealthChecks, Route53, owner_of
from epochctl.settings import Settings
from epochctl.steps.dns.arrangement import others
from epochctl.steps.dns.memory import wait_in_sync
from epochctl.steps.dns.sharing import Sharing
from epochctl.workflow.step import Context


class Former:
    """The former host names of one region."""

    def __init__(
        self, settings: Settings, region: str, *, route53: Route53, acm: Acm, health: HealthChecks
    ) -> None:
        self._settings, self._region = settings, region
        self._route53, self._acm, self._health = route53, acm, health
        self._owner = owner_of(settings.tags)

    def due(self) -> tuple[str, ...]:
        """What `remove` would do, a line each."""
        return tuple(
            f"remove the record of {name}: the host name is {self._settings.hostname} now"
            for name in self._certified()
            for sharing in self._sharing(name)
            if _led(sharing, self._region)
        )

    def remove(self, ctx: Context) -> tuple[str, ...]:
        """Remove the records whose names our certificates tell; what was removed, a line each."""
        return self._remove(ctx, self._certified())

    def remove_all(self, ctx: Context) -> tuple[str, ...]:
        """Remove the records whose names any zone tells; what was removed, a line each."""
        names = (name for _, name in self._route53.all_owned(self._owner))
        # a validation record is the certificate's step's; it begins like no host name does
        return self._remove(ctx, [name for name in names if not name.startswith("_")])

    def _remove(self, ctx: Context, names: Sequence[str]) -> tuple[str, ...]:
        removed: list[str] = []
        for name in names:
            for sharing in self._sharing(name):
                if name != self._settings.hostname and _led(sharing, self._region):
                    change, lines = sharing.abandon(ctx)
                    wait_in_sync(ctx, self._route53, name, change)
                    removed += lines
        return tuple(removed)

    def _certified(self) -> tuple[str, ...]:
        names = (state.hostname.lower() for state in self._acm.ours(self._settings.tags))
        return tuple(dict.fromkeys(name for name in names if name != self._settings.hostname))

    def _sharing(self, name: str) -> Iterator[Sharing]:
        """Where a zone here holds the name, and it is ours."""
        zone = self._route53.zone_for(name)
        if zone is not None and self._route53.owns(zone, name, self._owner):
            settings = self._settings.model_copy(update={"hostname": name})
            yield Sharing(settings, self._region, self._owner, zone, self._route53, self._health)


def _led(sharing: Sharing, region: str) -> bool:
    """Whether there is anything to take out: this region's record, or a companion of no record."""
    present = sharing.present()
    return not present or len(others(present, region)) < len(present)
