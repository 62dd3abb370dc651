"""What the environment may say to the server."""

from __future__ import annotations

import pytest

from server.settings import Settings, read_settings


def test_an_empty_environment_is_fine() -> None:
    assert read_settings({}) == Settings(port=8080, health_path="/health", access_log=True)


def test_everything_can_be_set() -> None:
    environment = {"PORT": "9", "HEALTH_PATH": "/up", "REGION": "r", "ACCESS_LOG": "0", "DRAIN_SECONDS": "3"}
    assert read_settings(environment) == Settings(9, "/up", "r", access_log=False, drain_seconds=3)


@pytest.mark.parametrize(
    ("name", "value"),
    [("PORT", "x"), ("PORT", "65536"), ("PORT", "-1"), ("HEALTH_PATH", "up"), ("DRAIN_SECONDS", "1.5")],
)
def test_what_cannot_be_meant_is_named(name: str, value: str) -> None:
    with pytest.raises(ValueError, match=name):
        read_settings({name: value})
