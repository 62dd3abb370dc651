"""How long the environment stands: what is asked for now, else what it was given, else the setting.

An expiry that is there stays as it is, so a second `up` changes nothing. Knows no terraform.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from epochctl.aws.expiry import NEVER, Expiry, format_expiry
from epochctl.durations import parse_duration


class Ttl:
    """setting: of epochctl.toml, for what has no expiry yet; asked: --ttl, counted from now."""

    def __init__(self, expiry: Expiry, setting: str, asked: str = "") -> None:
        self._expiry, self._setting, self._asked = expiry, setting, asked
        self._decided: str | None = None

    def expires(self) -> str:
        """The tag's words. Decided once: what is planned must be what is applied."""
        if self._decided is None:
            present = "" if self._asked else self._expiry.read()
            self._decided = decide_expiry(self._asked, present, self._setting, datetime.now(UTC))
        return self._decided


def decide_expiry(asked: str, present: str, setting: str, now: datetime) -> str:
    """A time in UTC, never, or "" where nobody ever said anything."""
    if not asked and present:
        return present
    wanted = asked or setting
    if wanted in ("", NEVER):
        return wanted
    return format_expiry(now + timedelta(seconds=parse_duration(wanted) or 0.0))
