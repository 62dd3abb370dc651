"""How long an environment stands: asked for, kept, or set; a second run changes nothing."""

from __future__ import annotations

from datetime import UTC, datetime

from epochctl.aws.expiry import format_expiry, parse_expiry
from epochctl.steps.infra_up.ttl import decide_expiry

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
SOME = "2026-11-24T13:00:00Z"


def test_asked_for_counts_from_now() -> None:
    assert decide_expiry("4h", SOME, "", NOW) == "2026-11-24T16:00:00Z"


def test_what_is_there_stays() -> None:
    assert decide_expiry("", SOME, "", NOW) == SOME
    assert decide_expiry("", SOME, "2d", NOW) == SOME
    assert decide_expiry("", "never", "2d", NOW) == "never"


def test_the_setting_is_for_what_has_none() -> None:
    assert decide_expiry("", "", "90s", NOW) == "2026-11-24T12:01:30Z"
    assert decide_expiry("", "", "", NOW) == ""


def test_never_is_written_so_that_the_setting_does_not_come_back() -> None:
    assert decide_expiry("never", SOME, "4h", NOW) == "never"


def test_the_tag_is_read_as_it_was_written() -> None:
    assert parse_expiry(format_expiry(NOW)) == NOW
    assert parse_expiry("never") is None
    assert parse_expiry("tomorrow") is None
