"""The comment on the pull request, created once and then updated, and the reviewed plans that it holds.

Without a pull request, or without the permission to comment, the job's summary has the text.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from epochctl.delivery.comment import SUMMARY_LIMIT, Review, marker, read_record, render
from epochctl.delivery.github import Comment, GitHub, GitHubUnavailableError, PermissionDeniedError
from epochctl.delivery.workflow_run import WorkflowRun
from epochctl.errors import EpochctlError
from epochctl.tools.terraform.proposal import Proposal

_TRIES = 4


def post_comment(
    run: WorkflowRun, review: Review, github: GitHub, sleep: Callable[[float], None] = time.sleep
) -> str:  # fmt: skip
    """Create or update the comment, and return what was done, as a sentence.

    The whole text is always in the job's summary. Raises EpochctlError if there is neither.
    """
    run.append_summary(render(review, SUMMARY_LIMIT))
    reason = _why_no_comment(run)
    if not reason:
        try:
            return _create_or_update(github, run.number, review, sleep)
        except PermissionDeniedError as error:
            reason = f"no comment: {error.why}"
        except GitHubUnavailableError as error:
            reason = f"no comment: {error.what}: {error.why}"
    if not run.append_summary(f"\n> {reason}"):
        raise EpochctlError("nobody could be told", why=reason, fix="run it in a workflow")
    return f"{reason}; it stands in the job's summary"


def fetch_reviewed_plans(github: GitHub, name: str, commit: str) -> tuple[str, tuple[Proposal, ...]]:
    """Return (what was found, as a sentence; the plans that were reviewed in the pull request of a commit).

    Plans of an earlier head of the pull request do not count. name: of the environment.
    """
    merged = [pull for pull in github.pull_requests(commit) if pull.is_merged]
    if not merged:
        return f"no pull request brought {commit[:12]}: no plan was reviewed", ()
    pull = merged[-1]
    comment = find_comment(github.comments(pull.number), name)
    head, plans = read_record(comment.body) if comment else ("", ())
    if not plans:
        return f"pull request {pull.number} has no plan of {name}", ()
    if head != pull.head:
        return f"pull request {pull.number} was reviewed at {head[:12]}, merged at {pull.head[:12]}", ()
    regions = ", ".join(plan.region for plan in plans)
    return f"reviewed in pull request {pull.number} at {head[:12]}: {regions}", plans


def find_comment(comments: tuple[Comment, ...], name: str) -> Comment | None:
    """Return the last comment of that environment which a workflow wrote, or None."""
    found = [one for one in comments if one.is_bot and one.body.startswith(marker(name))]
    return found[-1] if found else None


def _why_no_comment(run: WorkflowRun) -> str:
    if not run.number:
        return "no comment: this run is no pull request's"
    if run.is_fork:
        return "no comment: the pull request comes from a fork, whose runs may not write here"
    return "" if run.token.get_secret_value() else "no comment: GITHUB_TOKEN is not set"


def _create_or_update(github: GitHub, number: int, review: Review, sleep: Callable[[float], None]) -> str:
    body = render(review)
    for attempt in range(_TRIES):
        existing = find_comment(github.comments(number), review.name)
        if existing is not None and existing.body.strip() == body.strip():
            return "the comment is as it should be"
        if existing is not None:
            github.update_comment(existing.id, body)
            return "the comment is updated"
        if not review.proposals and not review.failed:
            return "nothing to tell"
        try:
            github.create_comment(number, body)
            return "the comment is written"
        except GitHubUnavailableError:
            if attempt + 1 == _TRIES:
                raise
            sleep(2.0**attempt)  # then look for it: it may have been created
    raise AssertionError("unreachable")
