"""How long credentials last: measured where they say it, and said where they do not."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from epochctl.aws.credentials import has_unknown_expiry, time_left
from epochctl.aws.session import Aws

NOON = datetime(2126, 11, 24, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _signed_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "ASIAEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    for name in ("AWS_SESSION_TOKEN", "AWS_CREDENTIAL_EXPIRATION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)


def test_a_session_that_says_its_end_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SESSION_TOKEN", "token")
    monkeypatch.setenv("AWS_CREDENTIAL_EXPIRATION", "2126-11-24T12:20:00Z")
    aws = Aws("us-west-2")
    left = time_left(aws, NOON)
    assert left is not None
    assert (left.seconds, left.renewed) == (1200, False)
    assert not has_unknown_expiry(aws)


def test_a_session_that_does_not_say_it_is_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SESSION_TOKEN", "token")
    aws = Aws("us-west-2")
    assert time_left(aws, NOON) is None
    assert has_unknown_expiry(aws)


def test_a_users_keys_have_no_end() -> None:
    aws = Aws("us-west-2")
    assert time_left(aws, NOON) is None
    assert not has_unknown_expiry(aws)
