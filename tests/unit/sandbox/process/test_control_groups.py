"""The groups of a world that has ended go; those of others stay."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.process import control_groups


def test_only_the_worlds_own_groups_are_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control_groups, "ROOT", tmp_path / "cgroup")
    mine, other = (control_groups.parent_group(tmp_path / name).lstrip("/") for name in ("mine", "other"))
    for hierarchy in ("memory", "cpu"):
        for world in (mine, other):
            (tmp_path / "cgroup" / hierarchy / world / "container").mkdir(parents=True)
    control_groups.remove(tmp_path / "mine")
    left = {path.name for path in (tmp_path / "cgroup").glob("*/*")}
    assert left == {other}


def test_instances_of_one_name_in_two_caches_do_not_share_a_group(tmp_path: Path) -> None:
    first, second = (control_groups.parent_group(tmp_path / cache / "default") for cache in ("a", "b"))
    assert first != second
