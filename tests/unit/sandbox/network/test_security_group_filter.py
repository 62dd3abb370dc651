"""What is shut is cut off, once; what is open again is reached again."""

from __future__ import annotations

import pytest

from sandbox.network import iproute
from sandbox.network.security_group_filter import SecurityGroupFilter

ONE, TWO = "203.0.113.10", "203.0.113.11"


def test_only_what_changes_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    monkeypatch.setattr(iproute, "blackhole", lambda address: done.append(f"cut {address}"))
    monkeypatch.setattr(iproute, "restore", lambda address: done.append(f"restore {address}"))
    group_filter = SecurityGroupFilter()
    for shut in ({ONE}, {ONE}, {ONE, TWO}, {TWO}, set[str](), set[str]()):
        group_filter.update(frozenset(shut))
    assert done == [f"cut {ONE}", f"cut {TWO}", f"restore {ONE}", f"restore {TWO}"]
