"""Host names that this environment had before: its records of them lead to a load balancer that no longer
answers for them.

`up` learns of them from our certificates, which stay until `down`; `down` looks at every record there is.
Other regions' records of such a name are theirs to remove.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

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
        now = self._settings.hostname
        return tuple(
            f"remove the record of {sharing.settings.hostname}: the host name is {now} now"
            for sharing in self._leading_here(self._certified())
        )

    def remove(self, ctx: Context) -> tuple[str, ...]:
        """Remove the records whose names our certificates tell; what was removed, a line each."""
        return self._remove(ctx, self._certified())

    def remove_all(self, ctx: Context) -> tuple[str, ...]:
        """Remove the records whose names any zone tells; what was removed, a line each."""
        names = (name for _, name in self._route53.all_owned(self._owner))
        # a validation record is the certificate's step's; it begins like no host name does
        return self._remove(ctx, [name for name in names if not name.startswith("_")])

    def _remove(self, ctx: Context, names: Iterable[str]) -> tuple[str, ...]:
        removed: list[str] = []
        for sharing in self._leading_here(names):
            change, lines = sharing.abandon(ctx)
            wait_in_sync(ctx, self._route53, sharing.settings.hostname, change)
            removed += lines
        return tuple(removed)

    def _certified(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(state.hostname.lower() for state in self._acm.ours(self._settings.tags)))

    def _leading_here(self, names: Iterable[str]) -> Iterator[Sharing]:
        """Of the names that are no longer: those that are ours, with something of this region's to remove."""
        for name in names:
            zone = self._route53.zone_for(name) if name != self._settings.hostname else None
            if zone is not None and self._route53.owns(zone, name, self._owner):
                settings = self._settings.model_copy(update={"hostname": name})
                sharing = Sharing(settings, self._region, self._owner, zone, self._route53, self._health)
                present = sharing.present()
                if not present or len(others(present, self._region)) < len(present):
                    yield sharing
