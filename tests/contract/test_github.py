"""The comment and GitHub's API: written once, updated in place, and where that may not be, in the summary."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from actions.github_api import REPOSITORY, TOKEN, State, served
from pydantic import SecretStr

from epochctl.delivery.comment import Review, marker, read_record
from epochctl.delivery.github import GitHub, GitHubUnavailableError
from epochctl.delivery.pull_request import find_comment, post_comment
from epochctl.delivery.workflow_run import WorkflowRun, current_run
from epochctl.tools.terraform.proposal import Move, Proposal

NAME = "epoch-production"
PLAN = Proposal("us-west-2", 4, "line", "sha256:ab", (Move("a.b", "delete", "gone"),), "  # a.b will be gone")
pauses: list[float] = []


@pytest.fixture
def state() -> State:
    pauses.clear()
    return State()


@pytest.fixture
def api(state: State) -> Iterator[str]:
    with served(state) as address:
        yield address


def pull_request(tmp_path: Path, api: str, *, token: str = TOKEN, fork: bool = False) -> WorkflowRun:
    repository = "stranger/epoch" if fork else REPOSITORY
    event = {"pull_request": {"number": 7, "head": {"sha": "h" * 40, "repo": {"full_name": repository}}}}
    (tmp_path / "event.json").write_text(json.dumps(event))
    return current_run(
        {
            "GITHUB_REPOSITORY": REPOSITORY,
            "GITHUB_API_URL": api,
            "GITHUB_RUN_ID": "12",
            "GITHUB_EVENT_PATH": str(tmp_path / "event.json"),
            "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
            "GITHUB_TOKEN": token,
        }
    )


def told(run: WorkflowRun, **more: Any) -> str:
    review = Review(NAME, more.pop("proposals", (PLAN,)), head=run.head, run_url=run.url, **more)
    return post_comment(run, review, GitHub(run.api, run.repository, run.token, pauses.append), pauses.append)


def test_one_comment_is_written_and_then_updated_in_place(tmp_path: Path, api: str, state: State) -> None:
    run = pull_request(tmp_path, api)
    state.say(7, f"{marker(NAME)}\nnot the robot's", robot=False)
    for _ in range(120):  # the comment is looked for beyond the first page
        state.say(7, "about something else", robot=False)
    assert told(run) == "the comment is written"
    assert told(run) == "the comment is as it should be"
    assert told(run, note="again") == "the comment is updated"
    found = [comment for comment in state.comments if comment["user"]["type"] == "Bot"]
    assert [comment["edits"] for comment in found] == [1]
    assert read_record(found[0]["body"])[0] == "h" * 40
    assert not pauses
    assert "| us-west-2 | **destroyed** | `a.b` | gone |" in (tmp_path / "summary.md").read_text()


def test_nothing_to_tell_makes_no_comment_but_updates_one(tmp_path: Path, api: str, state: State) -> None:
    run = pull_request(tmp_path, api)
    assert told(run, proposals=(), note="No region's files changed.") == "nothing to tell"
    told(run)
    assert told(run, proposals=(), note="No region's files changed.") == "the comment is updated"
    assert "No region's files changed." in state.comments[0]["body"]


def test_a_plan_of_any_length_is_accepted_and_stands_whole_in_the_summary(
    tmp_path: Path, api: str, state: State
) -> None:
    blocks = "\n\n".join(f"  # a.b[{n}] will be created\n  + resource {{ {'ü' * 90} }}" for n in range(900))
    assert told(pull_request(tmp_path, api), proposals=(Proposal("r", 1, "l", "h", (), blocks),)).endswith(
        "written"
    )
    assert len(state.comments[0]["body"]) <= 65_536
    assert blocks in (tmp_path / "summary.md").read_text()


@pytest.mark.parametrize(
    ("write", "fork", "token", "words"),
    [
        (False, False, TOKEN, "Resource not accessible by integration"),
        (True, True, TOKEN, "comes from a fork"),
        (True, False, "", "GITHUB_TOKEN is not set"),
        (True, False, "wrong", "Bad credentials"),
    ],
)
def test_where_it_may_not_be_written_the_summary_has_it_and_says_why(
    tmp_path: Path, api: str, state: State, write: bool, fork: bool, token: str, words: str
) -> None:
    state.may_write = write
    assert words in told(pull_request(tmp_path, api, token=token, fork=fork))
    summary = (tmp_path / "summary.md").read_text()
    assert words in summary
    assert "**destroyed**" in summary
    assert state.comments == []
    assert not token or token not in summary


def test_a_failing_api_is_tried_again_a_dead_one_given_up(tmp_path: Path, api: str, state: State) -> None:
    state.failures = 3
    assert told(pull_request(tmp_path, api)) == "the comment is written"
    state.failures = 100
    assert "GitHub does not answer" in told(pull_request(tmp_path, api), note="more")
    assert len(state.comments) == 1
    assert len(pauses) < 20


def test_a_comment_whose_answer_was_lost_is_not_written_twice(
    tmp_path: Path, api: str, state: State
) -> None:  # fmt: skip
    state.lost = 1
    assert told(pull_request(tmp_path, api)) == "the comment is as it should be"
    assert len(state.comments) == 1


def test_who_brought_a_commit(api: str, state: State) -> None:
    state.merged("c" * 40, 7, "h" * 40)
    github = GitHub(api, REPOSITORY, SecretStr(TOKEN), pauses.append)
    assert [(pull.number, pull.head, pull.is_merged) for pull in github.pull_requests("c" * 40)] == [
        (7, "h" * 40, True)
    ]
    assert github.pull_requests("d" * 40) == ()
    assert TOKEN not in repr(github.__dict__)
    assert find_comment(github.comments(7), NAME) is None
    with pytest.raises(GitHubUnavailableError):
        GitHub("http://127.0.0.1:9", REPOSITORY, SecretStr(TOKEN), pauses.append).pull_requests("c")
