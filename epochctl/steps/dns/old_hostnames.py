"""Host names that this environment had before: its records of them lead to a load balancer that no longer
answers for them.

`up` learns of them from our certificates, which stay until `down`; `down` looks at every record there is.
Other regions' records of such a name are theirs to remove.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from epochctl.aws.acm import Acm
from epochctl.aws.route53 import HealthChecks, Route53, Zone, is_validation_record, owner_text
from epochctl.config.settings import Settings
from epochctl.steps.dns.propagation import wait_in_sync
from epochctl.steps.dns.record_plan import others
from epochctl.steps.dns.routed_records import RoutedRecords
from epochctl.workflow.step import Context


class OldHostnames:
    """The former host names of one region."""

    def __init__(
        self, settings: Settings, region: str, *, route53: Route53, acm: Acm, health: HealthChecks
    ) -> None:
        self._settings, self._region = settings, region
        self._route53, self._acm, self._health = route53, acm, health
        self._owner = owner_text(settings.tags)

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
        """Remove the records whose names any zone tells, but those that prove a name; a line each."""
        now, owned = self._settings.hostname, self._route53.all_owned_names(self._owner)
        return self._remove(ctx, (one for one in owned if one[1] != now and not is_validation_record(one[1])))

    def _remove(self, ctx: Context, owned: Iterable[tuple[Zone, str]]) -> tuple[str, ...]:
        removed: list[str] = []
        for sharing in self._leading_here(owned):
            change, lines = sharing.abandon(ctx)
            wait_in_sync(ctx, self._route53, sharing.settings.hostname, change)
            removed += lines
        return tuple(removed)

    def _certified(self) -> Iterator[tuple[Zone, str]]:
        """Former host names of our certificates whose records are ours, and their zones."""
        names = {state.hostname.lower() for state in self._acm.owned(self._settings.tags)}
        for name in sorted(names - {self._settings.hostname}):
            zone = self._route53.zone_for(name)
            if zone is not None and self._route53.is_owned(zone, name, self._owner):
                yield zone, name

    def _leading_here(self, owned: Iterable[tuple[Zone, str]]) -> Iterator[RoutedRecords]:
        """Where there is something of this region's to remove."""
        for zone, name in owned:
            settings = self._settings.model_copy(update={"hostname": name})
            sharing = RoutedRecords(settings, self._region, self._owner, zone, self._route53, self._health)
            present = sharing.present()
            if not present or len(others(present, self._region)) < len(present):
                yield sharing
