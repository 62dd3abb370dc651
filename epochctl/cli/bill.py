"""What it costs, in lines for a person and in fields for a program. Knows no command."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from epochctl.cost import Part
    from epochctl.settings import Settings

UNMADE = (
    "epochctl down removes all of it in the reverse order and proves that nothing is left; "
    "only the state bucket stays (--delete-state)"
)


def lines(settings: Settings) -> tuple[str, ...]:
    """The bill by part, the other choices of NAT beside it, the table's date, and how it is unmade."""
    from epochctl import cost, prices

    table = prices.prices(settings.region)
    if table is None:
        known = ", ".join(prices.regions())
        unknown = f"Cost: no prices for {settings.region} in prices.toml (there are {known})."
        return (unknown, f"Away: {UNMADE}.")
    total = cost.hourly(settings, table)
    return (
        f"Cost in US dollars, {settings.region}, prices of {table.dated}, a month of {prices.MONTH} h:",
        *(_line(part) for part in cost.parts(settings, table)),
        f"  {'together':<15} {total:>8.4f} an hour {total * prices.MONTH:>9.2f} a month",
        f"  NAT could be    {nat_choices(settings.region, settings.cluster.nat)}",
        *(f"  by use          {text}" for text in cost.USAGE),
        f"Away: {UNMADE}.",
    )


def fields(settings: Settings) -> dict[str, object]:
    """The same as data; {} where the region's prices are not known."""
    from epochctl import cost, prices

    table = prices.prices(settings.region)
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


def so_far(settings: Settings, created: datetime, now: datetime) -> str:
    """What it has cost since the cluster was made, as far as hours tell."""
    from epochctl import cost, prices

    table = prices.prices(settings.region)
    if table is None:
        return f"unknown: no prices for {settings.region} in prices.toml"
    hourly = cost.hourly(settings, table)
    hours = max(0.0, (now - created).total_seconds() / 3600)
    return (
        f"about {hourly * hours:.2f} USD, {hourly:.4f} an hour (prices of {table.dated}; traffic not counted)"
    )


def _line(part: Part) -> str:
    if part.hourly is None or part.monthly is None:
        return f"  {part.name:<15} no price known for {part.what}"
    return f"  {part.name:<15} {part.hourly:>8.4f} an hour {part.monthly:>9.2f} a month  {part.what}"


def nat_choices(region: str, chosen: str = "") -> str:
    """What each choice of NAT costs a month, its addresses included."""
    from epochctl import cost, prices

    table = prices.prices(region)
    if table is None:
        return ", ".join(cost.NAT_CHOICES)
    costs = {nat: cost.nat_hourly(nat, table) * prices.MONTH for nat in cost.NAT_CHOICES}
    words = [f"{nat} {a_month:.2f}{' (chosen)' if nat == chosen else ''}" for nat, a_month in costs.items()]
    return f"{', '.join(words)} USD a month, and traffic"
