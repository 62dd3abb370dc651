"""The name of the user, also where the system has none."""

from __future__ import annotations

import getpass
import os

import pytest

from epochctl.user import user_name, whoami


def test_a_user_id_without_a_name_is_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown() -> str:
        raise KeyError("getpwuid(): uid not found")

    monkeypatch.setattr(getpass, "getuser", unknown)
    assert user_name() == str(os.getuid())
    assert whoami().startswith(f"{os.getuid()}@")
