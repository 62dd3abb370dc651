"""The revisions of a release: which were given up, and which one to go back to. Pure: runs nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence

from epochctl.tools.helm.state import ReleaseState

RETURN = re.compile(r"Rollback to (\d+)")
STOOD = {"deployed", "superseded"}


def returned_to(state: ReleaseState) -> int | None:
    """The revision that this one is a copy of, None where it was deployed."""
    found = RETURN.match(state.description)
    return int(found.group(1)) if found else None


def taken_back(history: Sequence[ReleaseState]) -> frozenset[int]:
    """Revisions that were left for an older one: by a deploy that failed, or by a person.

    helm calls them superseded, like those that served for months: it does not wait for a revision's health.
    """
    following = {state.revision - 1: state for state in history}
    return frozenset(
        state.revision
        for state in history
        if (after := following.get(state.revision)) is not None
        and (returned := returned_to(after)) is not None
        and returned != state.revision
    )


def previous(history: Sequence[ReleaseState]) -> ReleaseState | None:
    """The newest revision before the present one that was healthy and holds something else."""
    newest_first = sorted(history, key=lambda state: state.revision, reverse=True)
    bad = taken_back(history)
    return next(
        (
            state
            for state in newest_first[1:]
            if state.status in STOOD
            and state.revision not in bad
            and state.manifests != newest_first[0].manifests
        ),
        None,
    )
