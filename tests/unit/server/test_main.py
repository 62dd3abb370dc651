"""The bounds that the server sets in uvicorn's configuration."""

from __future__ import annotations

from server.__main__ import configure
from server.settings import Settings


def test_the_load_balancer_closes_an_idle_connection_first() -> None:
    assert configure(Settings()).timeout_keep_alive > 60  # an Application Load Balancer's idle timeout


def test_heads_connections_and_the_end_are_bounded() -> None:
    config = configure(Settings(drain_seconds=7))
    assert config.http == "h11"
    assert config.h11_max_incomplete_event_size == 65536  # an Application Load Balancer forwards no more
    assert config.limit_concurrency == 5000
    assert config.timeout_graceful_shutdown == 7
