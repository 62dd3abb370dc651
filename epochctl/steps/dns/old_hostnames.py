"""Host names that the environment had before: its records of them lead to a load balancer that no longer
answers for them.

`up` finds them by the environment's certificates, which stay until `down`; `down` reads every record. Each
region removes only its own records of such a name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from epochctl.aws.acm import Acm
from epochctl.aws.route53 import HealthChecks, Route53, Zone, is_validation_record, owner_text
from epochctl.config.settings import Settings
from epochctl.steps.dns.propagation import wait_for_sync
from epochctl.steps.dns.records import records_of_others
from epochctl.steps.dns.routed_records import RoutedRecords
from epochctl.workflow.step import Context


class OldHostnames:
    """The former host names, as one region removes them."""

    def __init__(
        self, settings: Settings, region: str, *, route53: Route53, acm: Acm, health: HealthChecks
    ) -> None:
        self._settings, self._region = settings, region
        self._route53, self._acm, self._health = route53, acm, health
        self._owner = owner_text(settings.tags)

    def pending_changes(self) -> tuple[str, ...]:
        """Return what `remove` would do, a line each."""
        current = self._settings.hostname
        return tuple(
            f"remove the record of {routed.settings.hostname}: the host name is {current} now"
            for routed in self._removable(self._certified())
        )

    def remove(self, ctx: Context) -> tuple[str, ...]:
        """Remove the records of names that certificates show; return a line for each."""
        return self._remove(ctx, self._certified())

    def remove_all(self, ctx: Context) -> tuple[str, ...]:
        """Remove the records of former names in all zones but validation records; return a line for each."""
        current, owned = self._settings.hostname, self._route53.all_owned_names(self._owner)
        return self._remove(
            ctx, (one for one in owned if one[1] != current and not is_validation_record(one[1]))
        )

    def _remove(self, ctx: Context, owned: Iterable[tuple[Zone, str]]) -> tuple[str, ...]:
        removed: list[str] = []
        for routed in self._removable(owned):
            change, lines = routed.remove_record(ctx)
            wait_for_sync(ctx, self._route53, routed.settings.hostname, change)
            removed += lines
        return tuple(removed)

    def _certified(self) -> Iterator[tuple[Zone, str]]:
        """Yield zone and name of former host names that have a certificate and records of the environment."""
        names = {state.hostname.lower() for state in self._acm.owned(self._settings.tags)}
        for name in sorted(names - {self._settings.hostname}):
            zone = self._route53.zone_for(name)
            if zone is not None and self._route53.is_owned(zone, name, self._owner):
                yield zone, name

    def _removable(self, owned: Iterable[tuple[Zone, str]]) -> Iterator[RoutedRecords]:
        """Yield the records of each name that has something of this region to remove."""
        for zone, name in owned:
            settings = self._settings.model_copy(update={"hostname": name})
            routed = RoutedRecords(settings, self._region, self._owner, zone, self._route53, self._health)
            records = routed.read()
            if not records or len(records_of_others(records, self._region)) < len(records):
                yield routed
