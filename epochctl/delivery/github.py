"""GitHub's REST API, as much of it as a comment on a pull request needs: bounded in tries, pages and time.

Knows paths and answers; nothing of what a comment says. The token is never shown.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import SecretStr

from epochctl.errors import EpochctlError

_TRIES = 5
_LONGEST = 30.0  # seconds between two tries
_PAGES = 30
_PASSING = frozenset({408, 429, 500, 502, 503, 504})


class NotAllowed(EpochctlError):
    """The token may not do this, or may not even know that it exists."""


class Unanswered(EpochctlError):
    """No answer within the tries; a request that writes may have been done nevertheless."""


@dataclass(frozen=True)
class Comment:
    """A comment on a pull request. robot: whether an app or a workflow wrote it."""

    id: int
    body: str
    robot: bool


@dataclass(frozen=True)
class Pull:
    """A pull request. head: its last commit."""

    number: int
    head: str
    merged: bool


class GitHub:
    """One repository (owner/name) as the bearer of `token` sees it."""

    def __init__(
        self, api: str, repository: str, token: SecretStr, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._base, self._token, self._sleep = f"{api.rstrip('/')}/repos/{repository}", token, sleep

    def comments(self, number: int) -> tuple[Comment, ...]:
        """Of a pull request, the oldest first."""
        return tuple(_comment(told) for told in self._pages(f"/issues/{number}/comments"))

    def create_comment(self, number: int, body: str) -> None:
        """Asked once: who repeats it must look first, or there may be two."""
        self._send("POST", f"/issues/{number}/comments", tries=1, json={"body": body})

    def update_comment(self, comment: int, body: str) -> None:
        self._send("PATCH", f"/issues/comments/{comment}", json={"body": body})

    def pulls(self, commit: str) -> tuple[Pull, ...]:
        """The pull requests that brought a commit."""
        return tuple(
            Pull(told["number"], told["head"]["sha"], told.get("merged_at") is not None)
            for told in self._pages(f"/commits/{commit}/pulls")
        )

    def _pages(self, path: str) -> list[Any]:
        found: list[Any] = []
        for page in range(1, _PAGES + 1):
            told = self._send("GET", path, params={"per_page": 100, "page": page})
            found += told
            if len(told) < 100:
                break
        return found

    def _send(self, method: str, path: str, *, tries: int = _TRIES, **arguments: Any) -> Any:
        why = ""
        for attempt in range(tries):
            answer, why = self._once(method, path, **arguments)
            if answer is not None:
                return answer.json()
            if attempt + 1 < tries:
                self._sleep(min(2.0**attempt, _LONGEST))
        raise Unanswered("GitHub does not answer", why=why, fix="run the job again")

    def _once(self, method: str, path: str, **arguments: Any) -> tuple[Any, str]:
        """(the answer, "") or (None, what may be over in a moment)."""
        import httpx

        headers = {
            "Accept": "application/vnd.github+json",
            "Authorization": f"Bearer {self._token.get_secret_value()}",
            "X-GitHub-Api-Version": "2022-11-28",
        }
        try:
            timeout = httpx.Timeout(30, connect=5)
            answer = httpx.request(method, self._base + path, headers=headers, timeout=timeout, **arguments)
        except httpx.TransportError as error:
            return None, f"{method} {path}: {type(error).__name__}: {error}"
        told = f"{method} {path}: {answer.status_code} {_message(answer)}"
        limited = answer.status_code == 403 and "retry-after" in answer.headers
        if answer.status_code in _PASSING or limited:
            return None, told
        if answer.status_code in (401, 403, 404):
            raise NotAllowed("GitHub did not allow it", why=told, fix="permissions: of the job")
        if answer.status_code >= 400:
            raise EpochctlError("GitHub refused a request", why=told)
        return answer, ""


def _message(answer: Any) -> str:
    try:
        return str(answer.json().get("message", ""))[:300]
    except (ValueError, AttributeError):
        return str(answer.text)[:300]


def _comment(told: dict[str, Any]) -> Comment:
    return Comment(told["id"], told.get("body") or "", (told.get("user") or {}).get("type") == "Bot")
