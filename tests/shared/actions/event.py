"""What happened on GitHub: the name, payload, branch and commit that a run begins with."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from actions.github_api import REPOSITORY

TRUNK = "main"


@dataclass(frozen=True)
class Event:
    """name: as in `on:`; ref and sha: what is checked out."""

    name: str
    ref: str
    sha: str
    payload: dict[str, Any] = field(default_factory=dict)

    @property
    def fork(self) -> bool:
        pull = self.payload.get("pull_request")
        return bool(pull) and pull["head"]["repo"]["full_name"] != REPOSITORY

    def claims(self, environment: str) -> dict[str, str]:
        """Who such a run is, in GitHub's token."""
        context = f"environment:{environment}" if environment else self._context()
        told = {
            "iss": "https://token.actions.githubusercontent.com",
            "aud": "sts.amazonaws.com",
            "sub": f"repo:{REPOSITORY}:{context}",
            "repository": REPOSITORY,
            "ref": self.ref,
            "event_name": self.name,
        }
        return {**told, "environment": environment} if environment else told

    def _context(self) -> str:
        return "pull_request" if self.name == "pull_request" else f"ref:{self.ref}"


def pull_request(number: int, *, base: str, head: str, merge: str, repository: str = REPOSITORY) -> Event:
    """base, head: its two ends; merge: the commit that would come of it, which is checked out."""
    told = {
        "number": number,
        "base": {"sha": base, "ref": TRUNK},
        "head": {"sha": head, "repo": {"full_name": repository}},
    }
    return Event("pull_request", f"refs/pull/{number}/merge", merge, {"pull_request": told})


def push(sha: str, branch: str = TRUNK) -> Event:
    return Event("push", f"refs/heads/{branch}", sha)


def schedule(sha: str) -> Event:
    return Event("schedule", f"refs/heads/{TRUNK}", sha)


def dispatch(sha: str, branch: str = TRUNK, **inputs: str) -> Event:
    """Somebody pressed the button."""
    return Event("workflow_dispatch", f"refs/heads/{branch}", sha, {"inputs": inputs})
