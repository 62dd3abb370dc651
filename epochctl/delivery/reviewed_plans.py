"""The plans that were reviewed: from files, or from the comment on the pull request that brought a commit.

What is not certain is not there: then the plan counts as not reviewed. Knows no terraform.
"""

from __future__ import annotations

from pathlib import Path

from epochctl.delivery.comment import recorded
from epochctl.delivery.github import GitHub
from epochctl.delivery.pull_request import find
from epochctl.errors import SettingsError
from epochctl.tools.terraform.proposal import Proposal, read


def fetch(github: GitHub, name: str, commit: str) -> tuple[str, tuple[Proposal, ...]]:
    """(what was found, in words; the plans). Plans of an earlier state of the pull request do not count."""
    pulls = [pull for pull in github.pulls(commit) if pull.merged]
    if not pulls:
        return f"no pull request brought {commit[:12]}: no plan was reviewed", ()
    pull = pulls[-1]
    comment = find(github.comments(pull.number), name)
    head, plans = recorded(comment.body) if comment else ("", ())
    if not plans:
        return f"pull request {pull.number} has no plan of {name}", ()
    if head != pull.head:
        return f"pull request {pull.number} was reviewed at {head[:12]}, merged at {pull.head[:12]}", ()
    regions = ", ".join(plan.region for plan in plans)
    return f"reviewed in pull request {pull.number} at {head[:12]}: {regions}", plans


def read_folder(place: Path) -> tuple[Proposal, ...]:
    """Of a file, or of every .json in a folder; none where there is no such place."""
    paths = sorted(place.glob("*.json")) if place.is_dir() else [place] if place.exists() else []
    return tuple(_read(path) for path in paths)


def _read(path: Path) -> Proposal:
    try:
        return read(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SettingsError(
            f"{path} is no saved plan", why=str(error), fix="epochctl infra plan --save FILE"
        ) from error
