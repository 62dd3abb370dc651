"""The workflows, run step by step as written: what is planned, reported, applied, rolled back, and by whom.

What would change AWS is only written down here; git, the comment and the rest of `epochctl ci` are real.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from actions.event import dispatch, pull_request, push, schedule
from actions.github_api import State, served
from actions.runner import Run, Runner
from actions.standins import git

from epochctl.cli.app import run
from epochctl.delivery.comment import read_record
from epochctl.tools.terraform import Move, Proposal

REGIONS = ("us-west-2", "us-east-1")
SETTINGS = """\
hostname = "epoch.example.com"
regions = ["us-west-2", "us-east-1"]
[ci]
account = "123456789012"
test = "test ! -e broken"
[cluster]
nodes = {nodes}
"""
EPOCHCTL = """\
#!{python}
# `epochctl`, of which what would change AWS or ask it is written down, and ends as the test wants it to.
import os, pathlib, sys
words, here = sys.argv[1:], pathlib.Path({here!r})
if words[0] in ("ci", "--version"):
    sys.path.insert(0, {root!r})
    from epochctl.__main__ import main
    sys.exit(main())
with (here / "log").open("a") as log:
    log.write(" ".join(words) + " as " + os.environ.get("AWS_ACCESS_KEY_ID", "nobody") + "\\n")
command = "-".join(word for word in words[:2] if not word.startswith("-"))
if "--save" in words:
    region, target = words[words.index("--region") + 1], pathlib.Path(words[words.index("--save") + 1])
    target.parent.mkdir(exist_ok=True)
    target.write_text((here / "plan.json").read_text().replace("REGION", region))
ends = here / command
sys.exit(int(ends.read_text()) if ends.exists() else 0)
"""


@dataclass
class Project:
    """A repository with its workflows, GitHub's API, and what was done."""

    repository: Path
    runner: Runner
    state: State
    here: Path
    tokens: list[dict[str, str]] = field(default_factory=list)

    def run(self, name: str, event: object) -> Run:
        path = self.repository / f".github/workflows/epochctl-{name}-production.yml"
        return self.runner.run(path, event)  # type: ignore[arg-type]

    def commit(self, **files: str) -> str:
        for name, text in files.items():
            (self.repository / name.replace("_", ".")).write_text(text)
        git(self.repository, "add", "-A")
        git(self.repository, "commit", "-q", "-m", ", ".join(files))
        return git(self.repository, "rev-parse", "HEAD")

    def plan(self, *moves: Move, text: str = "  # a.b will be changed") -> None:
        told = Proposal("REGION", 4, "line", "sha256:ab", moves, text, "c" * 40, "inputs")
        (self.here / "plan.json").write_text(told.written())

    def ends(self, command: str, code: int) -> None:
        (self.here / command).write_text(str(code))

    def did(self) -> list[str]:
        """Commands that ask or change AWS, and forget them."""
        path = self.here / "log"
        lines = path.read_text().splitlines() if path.exists() else []
        path.unlink(missing_ok=True)
        return lines


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    repository, here = tmp_path / "repository", tmp_path / "here"
    for folder in (repository, here, here / "bin"):
        folder.mkdir()
    for name in ("API_HOSTNAME", "EPOCHCTL_ENVIRONMENT", "GITHUB_OUTPUT", "GITHUB_REPOSITORY"):
        monkeypatch.delenv(name, raising=False)
    root = Path(__file__).resolve().parents[2]
    _program(here / "bin/epochctl", EPOCHCTL.format(python=sys.executable, here=str(here), root=str(root)))
    for name in ("terraform", "helm"):
        _program(here / "bin" / name, "#!/bin/sh\n")
    git(repository, "init", "-q", "-b", "main")
    git(repository, "config", "uploadpack.allowAnySHA1InWant", "true")
    state = State()
    with served(state) as api:
        variables = {**os.environ, "PATH": f"{here / 'bin'}:{os.environ['PATH']}"}
        project = Project(repository, Runner(repository, api, here, variables, None), state, here)
        project.runner.mint = lambda claims: project.tokens.append(claims) or ""
        monkeypatch.setattr(
            "actions.standins._assumed",
            lambda given, token: {
                "AccessKeyId": given["role-to-assume"].rpartition("-")[2],
                "SecretAccessKey": "s",
                "SessionToken": "t",
            },
        )
        project.commit(epochctl_toml=SETTINGS.format(nodes=2))
        assert run(["ci", "init", "-C", str(repository)]) == 0
        project.commit(README_md="a project\n")
        project.plan(Move("module.x.aws_eks_node_group.this", "replace", "instance_types: cannot be changed"))
        yield project


def _program(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def opened(project: Project, number: int = 7, **files: str) -> tuple[str, str, object]:
    """A pull request: (head, the commit that it would make of the trunk, its event)."""
    base = git(project.repository, "rev-parse", "main")
    git(project.repository, "checkout", "-q", "-B", "change", "main")
    head = project.commit(**files)
    git(project.repository, "checkout", "-q", "main")
    git(project.repository, "checkout", "-q", "-B", "merged", "main")
    git(project.repository, "merge", "-q", "--no-ff", "-m", "merge", "change")
    merge = git(project.repository, "rev-parse", "HEAD")
    git(project.repository, "checkout", "-q", "main")
    return head, merge, pull_request(number, base=base, head=head, merge=merge)


def merged(project: Project, number: int = 7) -> str:
    """Squashed onto the trunk, as most repositories do it."""
    head = git(project.repository, "rev-parse", "change")
    git(project.repository, "merge", "-q", "--squash", "change")
    git(project.repository, "commit", "-q", "-m", f"squashed (#{number})")
    commit = git(project.repository, "rev-parse", "HEAD")
    project.state.merged(commit, number, head)
    return commit


def test_a_pull_request_gets_one_comment_with_a_plan_of_every_region(project: Project) -> None:
    head, _, event = opened(project, epochctl_toml=SETTINGS.format(nodes=3))
    run = project.run("plan", event)
    assert run.result == "success", run.told()
    assert project.did() == [
        f"infra plan --region {region} --save plans/{region}.json as plan" for region in REGIONS
    ]
    assert [claims["sub"] for claims in project.tokens] == ["repo:acme/epoch:pull_request"] * 2
    (comment,) = project.state.comments
    assert [plan.region for plan in read_record(comment["body"])[1]] == sorted(REGIONS)
    assert read_record(comment["body"])[0] == head
    assert comment["body"].count("**replaced**") == 2
    project.plan(text="  # nothing to fear")
    assert project.run("plan", event).result == "success"
    assert len(project.state.comments) == 1
    assert "Nothing is destroyed or replaced." in project.state.comments[0]["body"]


def test_a_pull_request_that_no_region_depends_on_is_only_tested(project: Project) -> None:
    run = project.run("plan", opened(project, README_md="more\n")[2])
    assert run.result == "success", run.told()
    assert run.job("plan").result == "skipped"
    assert project.did() == []
    assert project.state.comments == []


def test_failing_tests_and_a_failing_plan_are_red_and_told(project: Project) -> None:
    project.ends("infra-plan", 7)
    run = project.run("plan", opened(project, epochctl_toml=SETTINGS.format(nodes=3), broken="x")[2])
    assert run.result == "failure"
    assert run.job("test").result == "failure"
    assert "The plan of us-west-2 could not be made" in project.state.comments[0]["body"]


def test_a_fork_gets_no_credentials_and_its_summary_says_so(project: Project) -> None:
    merge = opened(project, epochctl_toml=SETTINGS.format(nodes=3))[1]
    base = git(project.repository, "rev-parse", "main")
    fork = pull_request(8, base=base, head="f" * 40, merge=merge, repository="stranger/epoch")
    run = project.run("plan", fork)
    assert run.result == "success", run.told()
    assert run.job("plan").result == "skipped"
    assert "No plan: the pull request comes from a fork" in run.job("comment").summary
    assert (project.did(), project.tokens, project.state.comments) == ([], [], [])


def test_without_the_right_to_write_the_summary_has_it(project: Project) -> None:
    project.state.may_write = False
    run = project.run("plan", opened(project, epochctl_toml=SETTINGS.format(nodes=3))[2])
    assert run.result == "success", run.told()
    assert "Resource not accessible by integration" in run.job("comment").summary
    assert "**replaced**" in run.job("comment").summary


def test_a_plan_of_any_length_becomes_a_comment(project: Project) -> None:
    moves = tuple(Move(f"module.x.aws_thing.n{index:04}", "delete", "gone") for index in range(2000))
    blocks = "\n\n".join(f"  # {move.address} will be destroyed\n  - resource" for move in moves)
    project.plan(*moves, text=blocks)
    run = project.run("plan", opened(project, epochctl_toml=SETTINGS.format(nodes=3))[2])
    assert run.result == "success", run.told()
    (comment,) = project.state.comments
    assert 32_000 < len(comment["body"]) <= 65_536
    assert comment["body"].count("did not fit here") == 2
    assert run.job("comment").summary.count("will be destroyed") == 4000


def test_a_merge_applies_what_was_reviewed_and_deploys(project: Project) -> None:
    _, _, event = opened(project, epochctl_toml=SETTINGS.format(nodes=3))
    project.run("plan", event)
    project.did()
    project.tokens.clear()
    run = project.run("deploy", push(merged(project)))
    assert run.result == "success", run.told()
    assert project.did() == [
        f"{command} as deploy"
        for command in (
            "cert request",
            "cert wait",
            "infra up --reviewed plans --wait 30m",
            "lb-controller install --wait 30m",
            "build --wait 30m",
            "deploy --wait 30m",
            "verify",
        )
    ]
    (claims,) = project.tokens
    assert (claims["sub"], claims["ref"]) == ("repo:acme/epoch:environment:production", "refs/heads/main")
    plans = next(project.here.glob("run-*/deploy/workspace/plans"))
    assert sorted(path.stem for path in plans.iterdir()) == sorted(REGIONS)
    assert run.job("deploy").step("Roll back").outcome == "skipped"


@pytest.mark.parametrize("how", ["pushed after the review", "written by a person", "no pull request"])
def test_what_was_not_reviewed_is_not_there_to_be_applied(project: Project, how: str) -> None:
    _, _, event = opened(project, epochctl_toml=SETTINGS.format(nodes=3))
    project.run("plan", event)
    commit = merged(project)
    if how == "pushed after the review":
        project.state.merged(commit, 7, "e" * 40)
    elif how == "written by a person":
        project.state.comments[0]["user"] = {"login": "eve", "type": "User"}
    else:
        project.state.pulls.clear()
    project.ends("infra-up", 18)
    run = project.run("deploy", push(commit))
    assert run.result == "failure"
    plans = next(project.here.glob("run-*/deploy/workspace/plans"))
    assert list(plans.iterdir()) == []
    assert project.did()[-1].startswith("infra up --reviewed")  # and nothing after it


def test_what_does_not_stand_verification_is_rolled_back(project: Project) -> None:
    project.ends("verify", 12)
    run = project.run("deploy", push(git(project.repository, "rev-parse", "main")))
    assert run.result == "failure"
    assert project.did()[-1] == "rollback --yes --wait 30m as deploy"


def test_a_deploy_that_fails_is_not_rolled_back_twice(project: Project) -> None:
    project.ends("deploy", 11)
    run = project.run("deploy", push(git(project.repository, "rev-parse", "main")))
    assert run.result == "failure"
    assert project.did()[-1] == "deploy --wait 30m as deploy"  # it has gone back by itself


def test_down_wants_the_name_typed(project: Project) -> None:
    commit = git(project.repository, "rev-parse", "main")
    run = project.run("down", dispatch(commit, confirm="epoch-staging"))
    assert run.result == "failure"
    assert "type epoch-production" in run.told()
    assert project.did() == []
    assert project.run("down", dispatch(commit, confirm="epoch-production")).result == "success"
    assert project.did() == ["down --yes --wait 30m as deploy"]


def test_drift_is_red_and_shown(project: Project) -> None:
    event = schedule(git(project.repository, "rev-parse", "main"))
    assert project.run("drift", event).result == "success"
    planned = "infra plan --region us-west-2 --save plans/us-west-2.json --if-up --exit-code as plan"
    assert project.did()[0] == planned
    project.ends("infra-plan", 2)
    run = project.run("drift", event)
    assert run.result == "failure"
    assert "**replaced**" in run.jobs[-1].summary
    assert project.state.comments == []
