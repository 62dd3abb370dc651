"""The cost of an environment: lines for a person, fields for a program."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from epochctl.command import Command
from epochctl.config import cost, prices
from epochctl.config.cost import Part
from epochctl.config.settings import Settings

UNMADE = (
    f"{Command('down')} removes all of it in the reverse order and proves that nothing is left; "
    "only the state bucket stays (--delete-state)"
)


def lines(settings: Settings, region: str) -> tuple[str, ...]:
    """The bill by part, the other choices of NAT beside it, the table's date, and how it is unmade."""
    table = prices.prices(region)
    if table is None:
        return (f"Cost: {_unknown(region)}", f"Away: {UNMADE}.")
    total = cost.hourly(settings, table)
    return (
        f"Cost in US dollars, {region}, prices of {table.dated}, a month of {prices.MONTH} h:",
        *(_line(part) for part in cost.parts(settings, table)),
        f"  {_row('together', total)}",
        f"  NAT could be    {nat_choices(region, settings.cluster.nat)}",
        *(f"  by use          {text}" for text in cost.USAGE),
        f"Away: {UNMADE}.",
    )


def together(sized: Mapping[str, Settings], awake: Settings | None = None) -> tuple[str, ...]:
    """Of several regions, each with its settings: a line a region, and the sum of those that are known.

    awake: what a standby grows to when it is woken.
    """
    hourly = {region: _hourly(settings, region) for region, settings in sized.items()}
    total = sum(each for each in hourly.values() if each is not None)
    by_part = Command("up", "--plan", "--region", "REGION")
    return (
        f"Cost in US dollars, a month of {prices.MONTH} h (by part: {by_part}):",
        *(
            f"  {_unknown(region)}"
            if each is None
            else f"  {_row(region, each)}{_asleep(region, sized[region], awake)}"
            for region, each in hourly.items()
        ),
        f"  {_row('together', total)}",
        f"Away: {UNMADE}.",
    )


def sum_fields(sized: Mapping[str, Settings]) -> dict[str, object]:
    """The sum as data; {} where the prices of a region are not known."""
    hourly = [_hourly(settings, region) for region, settings in sized.items()]
    if None in hourly:
        return {}
    total = sum(each for each in hourly if each is not None)
    return {"currency": "USD", "hourly": round(total, 4), "monthly": round(total * prices.MONTH, 2)}


def fields(settings: Settings, region: str) -> dict[str, object]:
    """The same as data; {} where the region's prices are not known."""
    table = prices.prices(region)
    if table is None:
        return {}
    total = cost.hourly(settings, table)
    return {
        "currency": "USD",
        "dated": table.dated,
        "hourly": round(total, 4),
        "monthly": round(total * prices.MONTH, 2),
        "parts": {part.name: part.hourly for part in cost.parts(settings, table)},
    }


def so_far(settings: Settings, region: str, created: datetime, now: datetime) -> str:
    """What it has cost since the cluster was made, as far as hours tell."""
    table = prices.prices(region)
    if table is None:
        return f"unknown: no prices for {region} in prices.toml"
    hourly = cost.hourly(settings, table)
    hours = max(0.0, (now - created).total_seconds() / 3600)
    return f"about {hourly * hours:.2f} USD, {hourly:.4f} an hour; prices of {table.dated}, no traffic"


def _hourly(settings: Settings, region: str) -> float | None:
    table = prices.prices(region)
    return cost.hourly(settings, table) if table else None


def _asleep(region: str, settings: Settings, awake: Settings | None) -> str:
    """How small a standby is that sleeps, and what it costs when it does not."""
    hourly = _hourly(awake, region) if awake is not None and awake != settings else None
    if hourly is None:
        return ""
    size = f"nodes: {settings.cluster.nodes}, pods: {settings.service.replicas}"
    return f"  asleep ({size}); awake {hourly:.4f} an hour"


def _row(name: str, hourly: float) -> str:
    return f"{name:<15} {hourly:>8.4f} an hour {hourly * prices.MONTH:>9.2f} a month"


def _unknown(region: str) -> str:
    return f"no prices for {region} in prices.toml (there are {', '.join(prices.regions())})."


def _line(part: Part) -> str:
    if part.hourly is None or part.monthly is None:
        return f"  {part.name:<15} no price known for {part.what}"
    return f"  {part.name:<15} {part.hourly:>8.4f} an hour {part.monthly:>9.2f} a month  {part.what}"


def nat_choices(region: str, chosen: str = "") -> str:
    """What each choice of NAT costs a month, its addresses included."""
    table = prices.prices(region)
    if table is None:
        return ", ".join(cost.NAT_CHOICES)
    costs = {nat: cost.nat_hourly(nat, table) * prices.MONTH for nat in cost.NAT_CHOICES}
    words = [f"{nat} {a_month:.2f}{' (chosen)' if nat == chosen else ''}" for nat, a_month in costs.items()]
    return f"{', '.join(words)} USD a month, and traffic"
