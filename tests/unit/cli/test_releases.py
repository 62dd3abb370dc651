"""history, diff and rollback over a made-up release: what a person reads, a program gets, the exit code."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from doubles import FakeSteps, injected

from epochctl import outputs
from epochctl.cli import app
from epochctl.errors import ClusterError, DeployError, NotFoundError
from epochctl.steps.deploy.releases import Revision, RollbackPreview
from epochctl.tools.helm import Difference, ReleaseState
from epochctl.workflow.step import Context, Observation

WHEN = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
URL = "https://epoch.example.com/"
CHANGE = Difference("Deployment/epoch", "change", ("-  replicas: 2", "+  replicas: 3"))
STATE = ReleaseState("epoch", "epoch-production", 2, "deployed", WHEN, "epoch-0.1.0", "{}", (), "")
LISTED = (
    Revision(2, WHEN, "deployed", "epoch-0.1.0", "sha256:" + "b" * 64, "ann@laptop", ""),
    Revision(1, WHEN, "superseded", "epoch-0.1.0", "sha256:" + "a" * 64, "", "Install complete"),
)


@dataclass
class Deploy:
    """The step, and the releases it knows."""

    due: tuple[str, ...] = ()
    changes: tuple[Difference, ...] = ()
    error: Exception | None = None
    log: list[int] = field(default_factory=list)
    name = "deploy"
    needs = ()
    produces = outputs.Release

    def observe(self, ctx: Context) -> Observation:
        ctx.outputs.put(outputs.Certificate("arn", "epoch.example.com"))
        ctx.outputs.put(object.__new__(outputs.Infrastructure))
        return Observation(outputs.Release(2, "epoch-production", "sha256:b", URL, "lb"), self.due, True)

    def compare(self, ctx: Context) -> tuple[Difference, ...]:
        return self.changes

    def releases(self) -> Any:
        return self

    def listed(self) -> tuple[Revision, ...]:
        if isinstance(self.error, ClusterError):
            raise self.error
        return LISTED

    def back(self, revision: int | None) -> RollbackPreview:
        if revision == 9:
            raise NotFoundError("there is no revision 9", why="there are:\n2\n1")
        return RollbackPreview(STATE, replace(STATE, revision=revision or 1), (CHANGE,))

    def roll_back(self, ctx: Context, target: ReleaseState) -> outputs.Release:
        if self.error:
            raise self.error
        self.log.append(target.revision)
        return outputs.Release(3, "epoch-production", "sha256:a", URL, "lb")


@pytest.fixture
def deploy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Deploy:
    step = Deploy()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("API_HOSTNAME", "epoch.example.com")
    monkeypatch.setattr("sys.stdin", io.StringIO())
    return step


def run(deploy: Deploy, words: list[str]) -> int:
    """Run the command line; the release is the only step."""
    return app.run(words, injected(FakeSteps(deploy=deploy)))


def result(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(capsys.readouterr().out.splitlines()[-1])
    return found


def test_history_shows_releases_and_runs(deploy: Deploy, capsys: pytest.CaptureFixture[str]) -> None:
    run(deploy, ["rollback", "1", "--yes"])
    capsys.readouterr()
    assert run(deploy, ["history"]) == 0
    out = capsys.readouterr().out
    assert "    2  2026-11-24 12:00:00  deployed     sha256:bbbbbbbbbbbb  epoch-0.1.0   ann@laptop" in out
    assert "-  Install complete" in out
    assert "rollback        ok" in out
    assert run(deploy, ["history", "-o", "json", "--limit", "1"]) == 0
    told = result(capsys)
    assert [one["revision"] for one in told["releases"]] == [2]
    assert (told["runs"][0]["command"], told["runs"][0]["ended"]) == ("rollback", "ok")


def test_history_without_a_cluster_still_shows_the_runs(
    deploy: Deploy, capsys: pytest.CaptureFixture[str]
) -> None:
    deploy.error = ClusterError("cluster epoch-production does not answer")
    run(deploy, ["rollback", "--yes"])
    capsys.readouterr()
    assert run(deploy, ["history"]) == 0
    out = capsys.readouterr().out
    assert "Releases:\n  cluster epoch-production does not answer" in out
    assert "deploy: cluster epoch-production does not answer" in out
    assert "failed" in out


def test_diff_is_empty_where_nothing_would_change(deploy: Deploy, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(deploy, ["diff", "--exit-code"]) == 0
    assert capsys.readouterr().out == "Nothing would change.\n"


def test_diff_shows_the_lines_and_its_exit_code_is_asked_for(
    deploy: Deploy, capsys: pytest.CaptureFixture[str]
) -> None:
    deploy.due, deploy.changes = ("change Deployment/epoch", "heal: make Service/epoch again"), (CHANGE,)
    assert run(deploy, ["diff"]) == 0
    out = capsys.readouterr().out
    assert "deploy:\n  heal: make Service/epoch again\n  change Deployment/epoch\n    -  replicas: 2\n" in out
    assert run(deploy, ["diff", "--exit-code", "-o", "json"]) == 2
    assert result(capsys)["objects"][0]["diff"] == ["-  replicas: 2", "+  replicas: 3"]


def test_rollback_shows_what_changes_and_says_what_up_would_do(
    deploy: Deploy, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(deploy, ["rollback", "--yes"]) == 0
    said = capsys.readouterr()
    assert "Revision 2 -> 1" in said.err
    assert "+  replicas: 3" in said.err
    assert f"{URL} is served by revision 3, which is 1 again." in said.out
    assert "epochctl up --plan" in said.out
    assert deploy.log == [1]


def test_rollback_does_not_guess_an_answer(deploy: Deploy) -> None:
    assert run(deploy, ["rollback"]) == 3
    assert deploy.log == []


def test_rollback_to_what_there_is_not(deploy: Deploy, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(deploy, ["rollback", "9", "--yes"]) == 16
    assert "there are:" in capsys.readouterr().err


def test_rollback_to_the_present_one_does_nothing(deploy: Deploy, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(deploy, ["rollback", "2", "--yes"]) == 0
    assert "is the present one" in capsys.readouterr().out
    assert deploy.log == []


def test_rollback_that_does_not_become_healthy_is_11(deploy: Deploy) -> None:
    deploy.error = DeployError("release epoch does not become healthy")
    assert run(deploy, ["rollback", "--yes"]) == 11
