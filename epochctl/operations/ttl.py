"""How old an environment is, what it has cost, how long it may still stand: for `status`, `up`, `down`.

Knows no terminal and no step.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from epochctl.operations.run import Run


def check(ttl: str) -> None:
    """Raises SettingsError where --ttl cannot be meant."""
    from epochctl.config.validators import ttl_problem
    from epochctl.errors import SettingsError

    expected = ttl_problem(ttl)
    if expected:
        raise SettingsError(
            f"--ttl {ttl} cannot be meant", why=f"expected {expected}", fix="epochctl up --ttl 4h"
        )


def facts(session: Run) -> dict[str, str]:
    """Age, cost so far and time left; {} where there is no cluster of ours."""
    from epochctl.aws.eks import Eks
    from epochctl.operations import cost_report

    access, now = Eks(session.aws).describe(session.settings.full_name), datetime.now(UTC)
    ours = access is not None and session.settings.tags.items() <= dict(access.tags).items()
    if access is None or access.created is None or not ours:
        return {}
    return {
        "age": span((now - access.created).total_seconds()),
        "cost so far": cost_report.so_far(session.sized, session.region, access.created, now),
        "expires": expires(session, now),
    }


def expires(session: Run, now: datetime) -> str:
    """In words, with the way to end or to prolong it."""
    moment = _moment(session)
    if moment is None:
        return "never (epochctl up --ttl 4h sets a time)"
    left = (moment - now).total_seconds()
    when = f"{moment:%Y-%m-%d %H:%M} UTC"
    return f"{when}, {span(left)} left" if left > 0 else f"{when}, {span(-left)} ago: epochctl down --expired"


def not_expired(session: Run) -> str:
    """Why `down --expired` must not touch it; "" where its time is over."""
    moment, now = _moment(session), datetime.now(UTC)
    if moment is None:
        return "not yet: nothing with an expiry is there"
    left = (moment - now).total_seconds()
    return f"not yet: {span(left)} left, until {moment:%Y-%m-%d %H:%M} UTC" if left > 0 else ""


def span(seconds: float) -> str:
    """2 d 3 h, 3 h 05 min, 4 min, 20 s."""
    whole = int(seconds)
    days, hours, minutes = whole // 86400, whole // 3600 % 24, whole // 60 % 60
    if days:
        return f"{days} d {hours} h"
    if hours:
        return f"{hours} h {minutes:02d} min"
    return f"{minutes} min" if minutes else f"{whole} s"


def _moment(session: Run) -> datetime | None:
    from epochctl.aws.expiry import Expiry

    return Expiry(session.aws, session.settings.tags).expires_at()
