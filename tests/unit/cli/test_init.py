"""init writes three files that work, and overwrites none."""

from __future__ import annotations

from pathlib import Path

import pytest

from epochctl.cli.app import run
from epochctl.config.settings import load


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("API_HOSTNAME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))


def test_what_it_writes_can_be_loaded(tmp_path: Path) -> None:
    line = ["init", "--hostname", "time.example.org", "-C", str(tmp_path), "--region", "eu-west-1"]
    assert run([*line, "--environment", "staging"]) == 0
    settings = load(tmp_path, {}, {})
    assert (settings.hostname, settings.region, settings.environment) == (
        "time.example.org",
        "eu-west-1",
        "staging",
    )
    assert settings.lb_controller.identity == "terraform"
    assert 'export API_HOSTNAME="time.example.org"' in (tmp_path / ".envrc").read_text()
    assert "terraform 1." in (tmp_path / ".tool-versions").read_text()


def test_eksctl_is_chosen_where_it_is_found(tmp_path: Path) -> None:
    (tmp_path / "eksctl").write_text("#!/bin/sh\n")
    (tmp_path / "eksctl").chmod(0o755)
    assert run(["init", "-C", str(tmp_path)]) == 0
    assert load(tmp_path, {}, {}).lb_controller.identity == "eksctl"


def test_it_overwrites_only_by_force(tmp_path: Path) -> None:
    (tmp_path / ".envrc").write_text("mine")
    assert run(["init", "-C", str(tmp_path)]) == 3
    assert (tmp_path / ".envrc").read_text() == "mine"
    assert not (tmp_path / "epochctl.toml").exists()
    assert run(["init", "-C", str(tmp_path), "--force"]) == 0


def test_a_wrong_host_name_writes_nothing(tmp_path: Path) -> None:
    assert run(["init", "-C", str(tmp_path), "--hostname", "https://x"]) == 3
    assert list(tmp_path.glob("*.toml")) == []


def test_a_directory_that_is_not_there_yet_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("API_HOSTNAME", raising=False)
    assert run(["init", "--directory", "new/staging", "--hostname", "staging.example.com"]) == 0
    assert (tmp_path / "new/staging/epochctl.toml").is_file()
    assert "then epochctl -C new/staging up --plan" in capsys.readouterr().out
