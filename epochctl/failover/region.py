"""One region of a host name as Route 53 has it now, as a frozen fact. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from epochctl.aws.route53 import HealthCheck, Observation, Placement, is_healthy
from epochctl.config.settings import Settings

Role = Literal["active", "primary", "standby", "not in regions"]


@dataclass(frozen=True)
class Region:
    """target: its load balancer's name; seen: what each of Route 53's checkers saw last."""

    name: str
    role: Role
    placement: Placement
    target: str
    check: HealthCheck | None = None
    seen: tuple[Observation, ...] = ()

    @property
    def drained(self) -> bool:
        """Out of the answers because somebody wanted so."""
        return self.check is not None and self.check.is_drained

    @property
    def kept(self) -> bool:
        """In the answers whatever it does: its health path changes, or a run that did so was killed."""
        return self.check is not None and self.check.is_held

    @property
    def healthy(self) -> int:
        """How many checkers are content."""
        return sum(one.healthy for one in self.seen)

    @property
    def well(self) -> bool | None:
        """As Route 53 takes it; None where nobody has looked yet. Of the drained: as if they were not."""
        return is_healthy(self.seen)

    @property
    def reason(self) -> str:
        """What an unhappy checker said, or else a content one."""
        ordered = sorted(self.seen, key=lambda one: one.healthy)
        return ordered[0].status if ordered else ""

    @property
    def answers(self) -> bool:
        """Whether clients may be sent there now; what nobody has looked at counts as well."""
        return not self.drained and self.well is not False

    @property
    def told(self) -> str:
        """The health check, for a person."""
        if self.check is None:
            return "none"
        if self.drained:
            return "drained"
        if self.kept:
            return "waits: the health path changes"
        if not self.seen:
            return "nobody has looked yet"
        word = "healthy" if self.well else "unhealthy"
        return f"{word}, {self.healthy} of {len(self.seen)} checkers"

    @property
    def record(self) -> str:
        """The record's policy, for a person."""
        of = {
            "weighted": f"weighted {self.placement.weight}",
            "failover": f"failover {'primary' if self.placement.primary else 'secondary'}",
        }
        return of.get(self.placement.kind, self.placement.kind)


def role(settings: Settings, region: str) -> Role:
    """What the settings want of it."""
    if region not in settings.regions:
        return "not in regions"
    if settings.routing.policy == "active-active":
        return "active"
    return "standby" if settings.is_standby(region) else "primary"


def sleeps(settings: Settings, region: str) -> bool:
    """Whether it is smaller than what it would have to be to serve, until it is woken."""
    return settings.for_region(region, awake=False) != settings.for_region(region, awake=True)


def named(regions: Iterable[Region], name: str) -> Region | None:
    """The one of that name."""
    return next((one for one in regions if one.name == name), None)
