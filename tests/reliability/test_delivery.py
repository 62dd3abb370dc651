"""Delivery, as a team has it: a pull request changes the node count, the merge deploys it.

The workflows run as written, with credentials that GitHub's signature was exchanged for, in one world.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml
from actions import inside
from actions.event import Event, dispatch, pull_request, push, schedule
from actions.standins import git
from evidence import Evidence
from sandboxed import BIN, Sandbox

ACCOUNT = "123456789012"
pytestmark = pytest.mark.timeout(1800)  # of whole workflows, each with a checkout and a terraform of its own
SETTINGS = """\
hostname = "epoch.sandbox.test"
regions = ["us-west-2"]
[cluster]
nodes = {nodes}
access = ["arn:aws:iam::123456789012:role/epoch-production-ci-deploy"]
[service]
replicas = {replicas}
[ci]
repository = "acme/epoch"
account = "123456789012"
"""

# What a workflow of a pull request could try with the credentials that it gets.
ATTEMPT = """\
import boto3
from actions import inside, standins
from actions.event import pull_request
event = pull_request(1, base="b", head="h", merge="m")
role = {{"role-to-assume": "arn:aws:iam::{account}:role/epoch-production-ci-plan", "aws-region": "us-west-2"}}
got = standins._assumed(role, inside.mint(event.claims("")))
ec2 = boto3.client("ec2", "us-west-2", aws_access_key_id=got["AccessKeyId"],
                   aws_secret_access_key=got["SecretAccessKey"], aws_session_token=got["SessionToken"])
ours = [{{"Name": "tag:epochctl:name", "Values": ["epoch"]}}]
print("looked:", len(ec2.describe_vpcs(Filters=ours)["Vpcs"]), "VPC")
try:
    ec2.create_vpc(CidrBlock="10.99.0.0/16")
    print("made one")
except Exception as error:
    print(error)
"""


def python(sandbox: Sandbox, *words: str) -> str:
    """In the world, with what the tests share."""
    shared = f"PYTHONPATH={Path(inside.__file__).parents[1]}"
    return sandbox.run("env", shared, str(BIN / "python"), *words, seconds=580)


@dataclass
class Team:
    """A repository on GitHub, and the account that it delivers to."""

    sandbox: Sandbox
    comments: list[dict[str, Any]] = field(default_factory=list)
    pulls: dict[str, Any] = field(default_factory=dict)
    runs: int = 0

    @property
    def repository(self) -> Path:
        return self.sandbox.directory

    def workflow(self, name: str) -> Path:
        return self.repository / f".github/workflows/epochctl-{name}-production.yml"

    def write(self, **values: int) -> None:
        (self.repository / "epochctl.toml").write_text(SETTINGS.format(**values))

    def commit(self, words: str) -> str:
        git(self.repository, "add", "-A")
        git(self.repository, "commit", "-q", "-m", words)
        return git(self.repository, "rev-parse", "HEAD")

    def run(self, name: str, event: Event, agreed: float | None = 0.0) -> dict[str, Any]:
        """A workflow as the trunk has it, in the world. agreed: after so many seconds; None: nobody does."""
        self.runs += 1
        scratch = self.repository.parent / f"{self.repository.name}-runs" / str(self.runs)
        scratch.mkdir(parents=True)
        job = scratch / "job.json"
        asked = {
            "repository": str(self.repository),
            "workflow": str(self.workflow(name)),
            "scratch": str(scratch),
            "event": asdict(event),
            "comments": self.comments,
            "pulls": self.pulls,
            "agreed": agreed,
        }
        job.write_text(json.dumps(asked))
        said = python(self.sandbox, "-m", "actions.inside", str(job))
        told: dict[str, Any] = json.loads(job.with_suffix(".done.json").read_text())
        self.comments = told["comments"]
        return {**told, "said": said}


@pytest.fixture(scope="module")
def team(sandbox: Sandbox) -> Team:
    """Everything stands, brought up by a person; the workflows are in the repository, the roles are there."""
    team = Team(sandbox)
    git(team.repository, "init", "-q", "-b", "main")
    git(team.repository, "config", "uploadpack.allowAnySHA1InWant", "true")
    (team.repository / ".gitignore").write_text(".epochctl/\n")
    team.write(nodes=1, replicas=1)
    sandbox.epochctl("ci", "init")
    sandbox.epochctl("ci", "roles", "--yes")
    team.commit("first")
    assert "answers." in sandbox.epochctl("up", "--yes")
    return team


def opened(team: Team, number: int) -> Event:
    """A pull request of the change that is in the working tree."""
    base = git(team.repository, "rev-parse", "HEAD")
    git(team.repository, "checkout", "-q", "-b", f"change-{number}")
    head = team.commit(f"change {number}")
    return pull_request(number, base=base, head=head, merge=head)


def merged(team: Team, number: int) -> str:
    git(team.repository, "checkout", "-q", "main")
    git(team.repository, "merge", "-q", "--squash", f"change-{number}")
    commit = team.commit(f"change {number} (#{number})")
    head = git(team.repository, "rev-parse", f"change-{number}")
    told = {"number": number, "head": {"sha": head}, "merged_at": "2026-11-24T12:00:00Z"}
    team.pulls[commit] = [told]
    return commit


def nodes(team: Team) -> int:
    return len(team.sandbox.kubectl("get", "nodes", "-o", "name").split())


def test_a_pull_request_shows_its_plan_and_the_merge_deploys_that(team: Team, evidence: Evidence) -> None:
    with evidence("delivery", "a pull request asks for one node and one pod more; it is merged") as row:
        team.write(nodes=2, replicas=2)
        event = opened(team, 7)
        run = team.run("plan", event)
        assert run["result"] == "success", run["said"]
        (comment,) = team.comments
        assert "Nothing is destroyed or replaced." in comment["body"]
        assert "aws_eks_node_group.this will be updated in-place" in comment["body"]
        assert "~ desired_size" in comment["body"]
        assert nodes(team) == 1
        run = team.run("deploy", push(merged(team, 7)))
        assert run["result"] == "success", run["said"]
        assert nodes(team) == 2
        pods = team.sandbox.kubectl("get", "pods", "-o", "jsonpath={.items[*].status.phase}").split()
        assert pods.count("Running") == 2
        team.sandbox.epochctl("infra", "plan", "--exit-code")
        row.happened = "one comment with the plan (1 to update), then two nodes and two pods, verified"


def test_a_plan_that_nobody_reviewed_is_refused(team: Team, evidence: Evidence) -> None:
    with evidence("delivery", "a node count is pushed to the trunk without a pull request") as row:
        team.write(nodes=1, replicas=2)
        run = team.run("deploy", push(team.commit("by the back door")))
        assert run["result"] == "failure"
        assert "no plan of this region was reviewed" in run["said"]
        assert "update aws_eks_node_group.this" in run["said"]
        assert nodes(team) == 2
        row.happened = "the deploy ended before anything was changed: no plan of this region was reviewed"


def test_credentials_are_made_when_the_deploy_was_agreed_to(team: Team, evidence: Evidence) -> None:
    with evidence(5, "in CI, a deploy waits 5 s for somebody to agree, another one for ever") as row:
        workflow = yaml.safe_load(team.workflow("deploy").read_text())
        assert [job.get("environment") for job in workflow["jobs"].values()] == ["production"]
        assert "id-token" not in workflow["permissions"]  # no job but that one gets anything signed
        event = push(git(team.repository, "rev-parse", "HEAD"))
        run = team.run("deploy", event, agreed=None)
        assert [job["steps"] for job in run["jobs"]] == [[]]
        assert [what for what, _ in run["moments"]] == ["asked for production"]
        run = team.run("deploy", event, agreed=5.0)
        (asked, at_first), (agreed, then), (signed, at_last) = run["moments"]
        assert (asked, agreed) == ("asked for production", "agreed to production")
        assert signed == "signed repo:acme/epoch:environment:production"
        assert at_first + 5 <= then <= at_last
        (job,) = run["jobs"]
        names = [step["name"] for step in job["steps"] if step["outcome"] != "skipped"]
        assert names.index("The plans that were reviewed") < names.index("Credentials, for this job")
        row.happened = (
            f"nothing was signed before somebody agreed; then a token, {at_last - then:.0f} s later, "
            "for this environment alone, behind what needs no credentials"
        )


def test_other_branches_get_no_credentials_and_plans_cannot_change_anything(
    team: Team, evidence: Evidence
) -> None:
    with evidence("delivery", "a branch runs the deploy; a pull request's role tries to make a VPC") as row:
        run = team.run(
            "down", dispatch(git(team.repository, "rev-parse", "HEAD"), "feature", confirm="epoch-production")
        )
        assert run["result"] == "failure"
        assert "Not authorized to perform sts:AssumeRoleWithWebIdentity" in run["said"]
        script = team.repository.parent / "attempt.py"
        script.write_text(ATTEMPT.format(account=ACCOUNT))
        said = python(team.sandbox, str(script))
        assert "looked: 1 VPC" in said
        assert "UnauthorizedOperation" in said
        row.happened = "AssumeRoleWithWebIdentity was refused; the plan role sees the VPC, and may make none"


def test_what_was_taken_down_by_hand_is_no_drift(team: Team, evidence: Evidence) -> None:
    with evidence("delivery", "the down workflow, its name typed; then the nightly drift check") as row:
        team.write(nodes=3, replicas=2)
        head = team.commit("a node more, and nobody deploys it")
        run = team.run("drift", schedule(head))
        assert run["result"] == "failure"
        assert "update aws_eks_node_group.this" in run["said"]
        run = team.run("down", dispatch(head, confirm="epoch-production"))
        assert run["result"] == "success", run["said"]
        run = team.run("drift", schedule(head))
        assert run["result"] == "success", run["said"]
        assert "Nothing is up in us-west-2: it was taken down. To bring it up: epochctl" in run["said"]
        told = team.sandbox.epochctl("verify", code=16)
        assert "nothing is up in us-west-2" in told
        assert "fix: epochctl up" in told
        row.happened = (
            "red before, by a node more than the trunk says; green after: nothing is up, taken down"
        )
