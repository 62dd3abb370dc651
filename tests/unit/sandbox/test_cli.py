"""`epoch-sandbox fault` typed in the world itself: its http is asked directly."""

from __future__ import annotations

import socket

from sandbox.cli import _is_inside_instance


def test_inside_is_where_the_worlds_http_answers() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert _is_inside_instance("127.0.0.1", server.getsockname()[1])
    assert not _is_inside_instance("127.0.0.1", 1)
