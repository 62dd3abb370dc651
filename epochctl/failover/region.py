"""One region of a host name as Route 53 has it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from epochctl.aws.route53 import HealthCheck, Observation, Placement, is_healthy
from epochctl.config.settings import Settings

Role = Literal["active", "primary", "standby", "not in regions"]


@dataclass(frozen=True)
class Region:
    """A region that has a record.

    target: its load balancer's DNS name; observations: what each of Route 53's checkers saw last.
    """

    name: str
    role: Role
    placement: Placement
    target: str
    check: HealthCheck | None = None
    observations: tuple[Observation, ...] = ()

    @property
    def is_drained(self) -> bool:
        """Return whether `failover` has taken the region out of DNS."""
        return self.check is not None and self.check.is_drained

    @property
    def is_held(self) -> bool:
        """Return whether the region stays in DNS whatever its health is.

        This is so while its health path changes, and after a run that changed it was killed.
        """
        return self.check is not None and self.check.is_held

    @property
    def healthy_checkers(self) -> int:
        """Return how many of Route 53's checkers see the region healthy."""
        return sum(one.healthy for one in self.observations)

    @property
    def is_healthy(self) -> bool | None:
        """Return Route 53's is_healthy, or None if no checker has reported. A drained region has none."""
        return is_healthy(self.observations)

    @property
    def reason(self) -> str:
        """Return what a checker reported, a failing one first; "" if none has."""
        ordered = sorted(self.observations, key=lambda one: one.healthy)
        return ordered[0].status if ordered else ""

    @property
    def is_in_dns(self) -> bool:
        """Return whether clients may be sent to the region. Without a report Route 53 takes it as healthy."""
        return not self.is_drained and self.is_healthy is not False

    @property
    def health_text(self) -> str:
        """Return the state of the health check for the table of `failover status`."""
        if self.check is None:
            return "none"
        if self.is_drained:
            return "drained"
        if self.is_held:
            return "waits: the health path changes"
        if not self.observations:
            return "nobody has looked yet"
        word = "healthy" if self.is_healthy else "unhealthy"
        return f"{word}, {self.healthy_checkers} of {len(self.observations)} checkers"

    @property
    def record_text(self) -> str:
        """Return the record's routing policy for the table of `failover status`."""
        by_kind = {
            "weighted": f"weighted {self.placement.weight}",
            "failover": f"failover {'primary' if self.placement.primary else 'secondary'}",
        }
        return by_kind.get(self.placement.kind, self.placement.kind)


def role_of(settings: Settings, region: str) -> Role:
    """Return the region's role in the settings."""
    if region not in settings.regions:
        return "not in regions"
    if settings.routing.policy == "active-active":
        return "active"
    return "standby" if settings.is_standby(region) else "primary"


def needs_scale_up(settings: Settings, region: str) -> bool:
    """Return whether the region, as a standby, is smaller than it must be to serve all clients."""
    return settings.for_region(region, awake=False) != settings.for_region(region, awake=True)


def find_region(regions: Iterable[Region], name: str) -> Region | None:
    """Return the region of that name, or None."""
    return next((one for one in regions if one.name == name), None)
