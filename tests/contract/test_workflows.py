"""`epochctl ci init`: what it writes is valid, safe, the same every time; what was changed is kept."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from actions.lint import complaints

from epochctl.cli.app import run
from epochctl.config.settings import load
from epochctl.operations.infra import inputs

SETTINGS = """\
hostname = "epoch.example.com"
regions = ["us-west-2", "us-east-1"]
environment = "{environment}"
[ci]
account = "123456789012"
trunk = "{trunk}"
test = "make lint\\nmake test"
"""


def git(directory: Path, *words: str) -> str:
    identity = ["-c", "user.name=Ann", "-c", "user.email=ann@example.com", "-c", "commit.gpgsign=false"]
    argv = ["git", "-C", str(directory), *identity, *words]
    return subprocess.run(argv, check=True, capture_output=True, text=True, timeout=60).stdout.strip()


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("API_HOSTNAME", "EPOCHCTL_ENVIRONMENT", "GITHUB_OUTPUT"):
        monkeypatch.delenv(name, raising=False)
    git(tmp_path, "init", "-q", "-b", "main")
    (tmp_path / "epochctl.toml").write_text(SETTINGS.format(environment="production", trunk="main"))
    return tmp_path


def init(repository: Path, *words: str) -> int:
    return run(["ci", "init", "-C", str(repository), *words])


def workflows(repository: Path) -> dict[str, dict[str, Any]]:
    found = sorted((repository / ".github/workflows").glob("*.yml"))
    return {path.stem: yaml.safe_load(path.read_text()) for path in found}


def test_what_it_writes_is_valid(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert init(repository) == 0
    (repository / "epochctl.toml").write_text(SETTINGS.format(environment="staging", trunk="release/v1.x"))
    assert init(repository) == 0
    names = {path.name for path in (repository / ".github/workflows").iterdir()}
    assert len(names) == 8
    assert "epochctl-plan-staging.yml" in names
    assert complaints(repository) == ""


def test_it_writes_the_same_again(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert init(repository) == 0
    before = {path: path.read_text() for path in (repository / ".github/workflows").iterdir()}
    capsys.readouterr()
    assert init(repository) == 0
    assert capsys.readouterr().out.count("unchanged") == 4
    assert before == {path: path.read_text() for path in before}


def test_what_somebody_changed_is_shown_and_kept(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    init(repository)
    (changed := repository / ".github/workflows/epochctl-down-production.yml").write_text("name: mine\n")
    (gone := repository / ".github/workflows/epochctl-drift-production.yml").unlink()
    capsys.readouterr()
    assert init(repository) == 3
    told = capsys.readouterr()
    assert "-name: mine" in told.out
    assert "+name: epochctl down (production)" in told.out
    assert "ci init --force" in told.err
    assert changed.read_text() == "name: mine\n"
    assert not gone.exists()
    assert init(repository, "--force") == 0
    assert "workflow_dispatch" in changed.read_text()


def test_every_action_is_pinned_to_a_commit_and_says_its_version(repository: Path) -> None:
    init(repository)
    lines = [
        line.strip()
        for path in (repository / ".github/workflows").iterdir()
        for line in path.read_text().splitlines()
        if "uses:" in line
    ]
    assert lines
    for line in lines:
        assert re.fullmatch(r"(- )?uses: [\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line), line


def test_rights_are_the_least(repository: Path) -> None:
    init(repository)
    for name, workflow in workflows(repository).items():
        assert workflow["permissions"] == {}, name
        assert workflow["concurrency"]["group"], name
        for job in workflow["jobs"].values():
            assert job["timeout-minutes"] <= 120
            assert set(job["permissions"]) <= {"contents", "id-token", "pull-requests"}
            assert job["permissions"]["contents"] == "read"
            runs_own_code = any("make test" in str(step.get("run")) for step in job["steps"])
            assert not (runs_own_code and len(job["permissions"]) > 1)
    text = "".join(path.read_text() for path in (repository / ".github/workflows").iterdir())
    assert "secrets." not in text
    assert "AKIA" not in text
    assert not re.search(r"run:.*\$\{\{", text)  # what somebody else wrote never becomes a command


def test_without_a_repository_it_says_where_they_belong(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:  # fmt: skip
    (tmp_path / "epochctl.toml").write_text(SETTINGS.format(environment="production", trunk="main"))
    assert init(tmp_path) == 3
    assert "git init" in capsys.readouterr().err
    git(tmp_path, "init", "-q")
    (tmp_path / "sub").mkdir()
    (tmp_path / "epochctl.toml").rename(tmp_path / "sub/epochctl.toml")
    assert init(tmp_path / "sub") == 3
    assert "not the root" in capsys.readouterr().err


def test_regions_whose_files_changed(
    repository: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def changed(name: str) -> list[str]:
        base = git(repository, "rev-parse", "HEAD")
        (repository / name).parent.mkdir(parents=True, exist_ok=True)
        (repository / name).write_text(f"{name}\n" if name != "epochctl.toml" else settings + "# more\n")
        git(repository, "add", "-A")
        git(repository, "commit", "-q", "-m", name)
        capsys.readouterr()
        assert run(["ci", "regions", "--base", base, "-C", str(repository)]) == 0
        return capsys.readouterr().out.split()

    settings = (repository / "epochctl.toml").read_text()
    assert run(["eject", "terraform", "-C", str(repository)]) == 0
    settings = (repository / "epochctl.toml").read_text()
    git(repository, "add", "-A")
    git(repository, "commit", "-q", "-m", "first")
    assert changed("README.md") == []
    assert changed("src/app.py") == []
    assert changed("terraform/us-east-1.tf") == ["us-east-1"]
    assert changed("terraform/eu-west-1/main.tf") == []
    assert changed("terraform/main.tf") == ["us-west-2", "us-east-1"]
    monkeypatch.setenv("GITHUB_OUTPUT", str(repository / "output"))
    assert changed("epochctl.toml") == ["us-west-2", "us-east-1"]
    assert (repository / "output").read_text() == 'regions=["us-west-2", "us-east-1"]\n'
    assert run(["ci", "regions", "--base", "0" * 40, "-C", str(repository)]) == 3
    assert "fetch-depth" in capsys.readouterr().err


def test_a_commit_and_an_edit_of_the_same_content_are_the_same_inputs(repository: Path) -> None:
    git(repository, "add", "-A")
    git(repository, "commit", "-q", "-m", "first")
    settings = load(repository, {}, {})
    first = inputs(settings, "us-west-2")
    with (repository / "epochctl.toml").open("a") as file:
        file.write("# edited\n")
    edited = inputs(settings, "us-west-2")
    git(repository, "commit", "-q", "-a", "-m", "edited")
    assert first != edited == inputs(settings, "us-west-2")
    (repository / "README.md").write_text("not an input\n")
    assert inputs(settings, "us-west-2") == edited
