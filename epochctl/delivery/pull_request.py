"""One comment on the pull request, made once and updated in place; the job's summary where that may not be.

Knows how to find the comment again, not how it is worded.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from epochctl.delivery.comment import SUMMARY_LIMIT, Review, marker, render
from epochctl.delivery.github import Comment, GitHub, NotAllowed, Unanswered
from epochctl.delivery.workflow_run import Run
from epochctl.errors import EpochctlError

_TRIES = 4


def post(
    run: Run, review: Review, github: GitHub, sleep: Callable[[float], None] = time.sleep
) -> str:  # fmt: skip
    """Tell the pull request; what was done, in words. The whole of it always stands in the job's summary."""
    run.summarise(render(review, SUMMARY_LIMIT))
    hindrance = _hindrance(run)
    if not hindrance:
        try:
            return _put(github, run.number, review, sleep)
        except NotAllowed as refusal:
            hindrance = f"no comment: {refusal.why}"
        except Unanswered as silence:
            hindrance = f"no comment: {silence.what}: {silence.why}"
    if not run.summarise(f"\n> {hindrance}"):
        raise EpochctlError("nobody could be told", why=hindrance, fix="run it in a workflow")
    return f"{hindrance}; it stands in the job's summary"


def find(comments: tuple[Comment, ...], name: str) -> Comment | None:
    """The last comment of that name which a workflow wrote: what a person writes counts for nothing."""
    found = [one for one in comments if one.robot and one.body.startswith(marker(name))]
    return found[-1] if found else None


def _hindrance(run: Run) -> str:
    if not run.number:
        return "no comment: this run is no pull request's"
    if run.fork:
        return "no comment: the pull request comes from a fork, whose runs may not write here"
    return "" if run.token.get_secret_value() else "no comment: GITHUB_TOKEN is not set"


def _put(github: GitHub, number: int, review: Review, sleep: Callable[[float], None]) -> str:
    body = render(review)
    for attempt in range(_TRIES):
        there = find(github.comments(number), review.name)
        if there is not None and there.body.strip() == body.strip():
            return "the comment is as it should be"
        if there is not None:
            github.update_comment(there.id, body)
            return "the comment is updated"
        if not review.proposals and not review.failed:
            return "nothing to tell"
        try:
            github.create_comment(number, body)
            return "the comment is written"
        except Unanswered:
            if attempt + 1 == _TRIES:
                raise
            sleep(2.0**attempt)  # then look: it may be there
    raise AssertionError("unreachable")
