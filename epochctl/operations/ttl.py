"""The age of an environment, its cost so far, and when it expires."""

from __future__ import annotations

from datetime import UTC, datetime

from epochctl.command import Command
from epochctl.durations import format_duration
from epochctl.operations import cost_report
from epochctl.operations.run import Run


def facts(run: Run) -> dict[str, str]:
    """Return age, cost so far and expiry; {} if there is no cluster of this environment."""
    access, now = run.clients.eks.describe(run.settings.full_name), datetime.now(UTC)
    if access is None or access.created is None:
        return {}
    if not run.settings.tags.items() <= dict(access.tags).items():
        return {}
    return {
        "age": format_duration((now - access.created).total_seconds()),
        "cost so far": cost_report.so_far(run.sized, run.region, access.created, now),
        "expires": expires(run.clients.expiry(run.settings.tags), now),
    }


def expires(moment: datetime | None, now: datetime) -> str:
    """Return the expiry in words, with the command that sets it or acts on it."""
    if moment is None:
        return f"never ({Command('up', '--ttl', '4h')} sets a time)"
    left = (moment - now).total_seconds()
    when = f"{moment:%Y-%m-%d %H:%M} UTC"
    return (
        f"{when}, {format_duration(left)} left"
        if left > 0
        else f"{when}, {format_duration(-left)} ago: {Command('down', '--expired')}"
    )


def not_expired(run: Run) -> str:
    """Return why `down --expired` must keep the environment; "" if it has expired."""
    moment, now = run.clients.expiry(run.settings.tags), datetime.now(UTC)
    if moment is None:
        return "not yet: nothing with an expiry is there"
    left = (moment - now).total_seconds()
    return f"not yet: {format_duration(left)} left, until {moment:%Y-%m-%d %H:%M} UTC" if left > 0 else ""
