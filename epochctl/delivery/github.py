"""A client of GitHub's REST API for comments on pull requests. Tries, pages and time are limited."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx
from pydantic import SecretStr

from epochctl.errors import EpochctlError

_TRIES = 5
_MAX_PAUSE = 30.0  # seconds between two tries
_MAX_PAGES = 30
_TRANSIENT = frozenset({408, 429, 500, 502, 503, 504})


class PermissionDeniedError(EpochctlError):
    """The token lacks the permission. GitHub may answer 404 then as well."""


class GitHubUnavailableError(EpochctlError):
    """No answer after all tries. A request that writes may have taken effect."""


@dataclass(frozen=True)
class Comment:
    """A comment on a pull request. is_bot: whether an app or a workflow wrote it."""

    id: int
    body: str
    is_bot: bool


@dataclass(frozen=True)
class PullRequest:
    """A pull request. head: its last commit."""

    number: int
    head: str
    is_merged: bool


class GitHub:
    """One repository. api: the URL of the API; repository: owner/name; token: never shown in errors."""

    def __init__(
        self, api: str, repository: str, token: SecretStr, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._base, self._token, self._sleep = f"{api.rstrip('/')}/repos/{repository}", token, sleep

    def comments(self, number: int) -> tuple[Comment, ...]:
        """Return the comments of a pull request, the oldest first."""
        return tuple(_comment(item) for item in self._pages(f"/issues/{number}/comments"))

    def create_comment(self, number: int, body: str) -> None:
        """Create a comment, without a retry: the caller looks for it first, or there may be two."""
        self._send("POST", f"/issues/{number}/comments", tries=1, json={"body": body})

    def update_comment(self, comment: int, body: str) -> None:
        """Replace the text of a comment."""
        self._send("PATCH", f"/issues/comments/{comment}", json={"body": body})

    def pull_requests(self, commit: str) -> tuple[PullRequest, ...]:
        """Return the pull requests that a commit belongs to."""
        return tuple(
            PullRequest(item["number"], item["head"]["sha"], item.get("merged_at") is not None)
            for item in self._pages(f"/commits/{commit}/pulls")
        )

    def _pages(self, path: str) -> list[Any]:
        found: list[Any] = []
        for page in range(1, _MAX_PAGES + 1):
            items = self._send("GET", path, params={"per_page": 100, "page": page})
            found += items
            if len(items) < 100:
                break
        return found

    def _send(self, method: str, path: str, *, tries: int = _TRIES, **arguments: Any) -> Any:
        why = ""
        for attempt in range(tries):
            response, why = self._once(method, path, **arguments)
            if response is not None:
                return response.json()
            if attempt + 1 < tries:
                self._sleep(min(2.0**attempt, _MAX_PAUSE))
        raise GitHubUnavailableError("GitHub does not answer", why=why, fix="run the job again")

    def _once(self, method: str, path: str, **arguments: Any) -> tuple[httpx.Response | None, str]:
        """Return (response, ""), or (None, why) after a failure that a retry may overcome."""
        headers = {
            "Accept": "application/vnd.github+json",
            "Authorization": f"Bearer {self._token.get_secret_value()}",
            "X-GitHub-Api-Version": "2022-11-28",
        }
        try:
            timeout = httpx.Timeout(30, connect=5)
            response = httpx.request(method, self._base + path, headers=headers, timeout=timeout, **arguments)
        except httpx.TransportError as error:
            return None, f"{method} {path}: {type(error).__name__}: {error}"
        why = f"{method} {path}: {response.status_code} {_message(response)}"
        limited = response.status_code == 403 and "retry-after" in response.headers
        if response.status_code in _TRANSIENT or limited:
            return None, why
        if response.status_code in (401, 403, 404):
            raise PermissionDeniedError("GitHub did not allow it", why=why, fix="permissions: of the job")
        if response.status_code >= 400:
            raise EpochctlError("GitHub refused a request", why=why)
        return response, ""


def _message(response: httpx.Response) -> str:
    try:
        return str(response.json().get("message", ""))[:300]
    except (ValueError, AttributeError):
        return str(response.text)[:300]


def _comment(item: dict[str, Any]) -> Comment:
    return Comment(item["id"], item.get("body") or "", (item.get("user") or {}).get("type") == "Bot")
