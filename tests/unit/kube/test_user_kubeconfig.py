"""Merging touches what it names and nothing else, keeps the old file, and never leaves half a file."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from epochctl.errors import SettingsError
from epochctl.kube import user_kubeconfig

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
THEIRS: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Config",
    "clusters": [{"name": "theirs", "cluster": {"server": "https://theirs"}}],
    "users": [{"name": "theirs", "user": {"token": "t"}}],
    "contexts": [{"name": "theirs", "context": {"cluster": "theirs", "user": "theirs"}}],
    "current-context": "theirs",
    "preferences": {"colors": True},
}


def ours(server: str = "https://ours") -> dict[str, Any]:
    return {
        "clusters": [{"name": "ours", "cluster": {"server": server}}],
        "users": [{"name": "ours", "user": {"exec": {"command": "python"}}}],
        "contexts": [{"name": "ours", "context": {"cluster": "ours", "user": "ours"}}],
        "current-context": "ours",
    }


def test_everything_else_stays_and_the_old_file_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "config"
    before = "# my own words\n" + yaml.safe_dump(THEIRS)
    path.write_text(before)
    done = user_kubeconfig.merge(path, ours(), now=NOW)
    after = yaml.safe_load(path.read_text())
    assert after["clusters"] == THEIRS["clusters"] + ours()["clusters"]
    assert (after["current-context"], after["preferences"]) == ("theirs", {"colors": True})
    assert (done.changed, done.current) == (True, False)
    assert done.backup == tmp_path / "config.before-epochctl-20261124T120000"
    assert done.backup.read_text() == before
    assert path.stat().st_mode & 0o077 == 0


def test_a_cluster_that_moved_is_replaced_in_its_place(tmp_path: Path) -> None:
    path = tmp_path / "config"
    user_kubeconfig.merge(path, ours("https://old"))
    user_kubeconfig.merge(path, ours("https://new"))
    servers = [item["cluster"]["server"] for item in yaml.safe_load(path.read_text())["clusters"]]
    assert servers == ["https://new"]


def test_again_changes_not_a_byte_and_makes_no_backup(tmp_path: Path) -> None:
    path = tmp_path / "config"
    user_kubeconfig.merge(path, ours())
    before = path.read_bytes()
    assert not user_kubeconfig.merge(path, ours()).changed
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_none_yet_is_made_and_becomes_current(tmp_path: Path) -> None:
    done = user_kubeconfig.merge(tmp_path / ".kube" / "config", ours())
    assert (done.changed, done.current, done.backup) == (True, True, None)


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").write_text(yaml.safe_dump(THEIRS))
    (tmp_path / "config").symlink_to("real")
    user_kubeconfig.merge(tmp_path / "config", ours())
    assert (tmp_path / "config").is_symlink()
    assert "ours" in (tmp_path / "real").read_text()


@pytest.mark.parametrize("text", ["clusters: [", "- a list", "clusters: words"])
def test_what_is_not_a_kubeconfig_is_left_alone(tmp_path: Path, text: str) -> None:
    path = tmp_path / "config"
    path.write_text(text)
    with pytest.raises(SettingsError, match="cannot be merged"):
        user_kubeconfig.merge(path, ours())
    assert path.read_text() == text
