"""How long an environment stands: asked for, kept, or set; a second run changes nothing."""

from __future__ import annotations

from datetime import UTC, datetime

from epochctl.aws.expiry import parsed, written
from epochctl.steps.infra_up.ttl import decided

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
SOME = "2026-11-24T13:00:00Z"


def test_asked_for_counts_from_now() -> None:
    assert decided("4h", SOME, "", NOW) == "2026-11-24T16:00:00Z"


def test_what_is_there_stays() -> None:
    assert decided("", SOME, "", NOW) == SOME
    assert decided("", SOME, "2d", NOW) == SOME
    assert decided("", "never", "2d", NOW) == "never"


def test_the_setting_is_for_what_has_none() -> None:
    assert decided("", "", "90s", NOW) == "2026-11-24T12:01:30Z"
    assert decided("", "", "", NOW) == ""


def test_never_is_written_so_that_the_setting_does_not_come_back() -> None:
    assert decided("never", SOME, "4h", NOW) == "never"


def test_the_tag_is_read_as_it_was_written() -> None:
    assert parsed(written(NOW)) == NOW
    assert parsed("never") is None
    assert parsed("tomorrow") is None
