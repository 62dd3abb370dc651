"""The current run of GitHub Actions, read from its environment variables and its event."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from epochctl.command import Command
from epochctl.config.sources import run_url
from epochctl.errors import SettingsError


@dataclass(frozen=True)
class WorkflowRun:
    """A run of a workflow.

    repository: owner/name; api: the URL of GitHub's API; url: of the run's page; number: of the pull request,
    0 for none; head: its last commit; is_fork: whether that is in another repository; summary: the file of
    the job's summary.
    """

    repository: str
    api: str
    url: str
    number: int = 0
    head: str = ""
    is_fork: bool = False
    token: SecretStr = field(default=SecretStr(""), repr=False)
    summary: Path | None = None

    def append_summary(self, text: str) -> bool:
        """Append to the job's summary. Return whether there is one."""
        return _append(self.summary, text + "\n")


def current_run(environ: Mapping[str, str]) -> WorkflowRun:
    """Return the run that these variables describe. Raises SettingsError if there is none."""
    repository = environ.get("GITHUB_REPOSITORY", "")
    if not repository:
        raise SettingsError(
            "this is no run of GitHub Actions",
            why="GITHUB_REPOSITORY is not set",
            fix=f"{Command('ci', 'init')} writes workflows that call it",
        )
    pull = _event(environ).get("pull_request") or {}
    head = pull.get("head") or {}
    return WorkflowRun(
        repository=repository,
        api=environ.get("GITHUB_API_URL", "https://api.github.com"),
        url=run_url(environ),
        number=int(pull.get("number") or 0),
        head=str(head.get("sha") or ""),
        is_fork=bool(pull) and (head.get("repo") or {}).get("full_name") != repository,
        token=SecretStr(environ.get("GITHUB_TOKEN", "")),
        summary=_path(environ, "GITHUB_STEP_SUMMARY"),
    )


def set_output(environ: Mapping[str, str], name: str, value: str) -> bool:
    """Set an output of the workflow step. Return whether this is one. value: a single line."""
    return _append(_path(environ, "GITHUB_OUTPUT"), f"{name}={value}\n")


def _event(environ: Mapping[str, str]) -> dict[str, Any]:
    path = _path(environ, "GITHUB_EVENT_PATH")
    try:
        event = json.loads(path.read_text(encoding="utf-8")) if path else {}
    except (OSError, ValueError) as error:
        raise SettingsError("the event of this run cannot be read", why=str(error)) from error
    return event if isinstance(event, dict) else {}


def _path(environ: Mapping[str, str], name: str) -> Path | None:
    return Path(environ[name]) if environ.get(name) else None


def _append(path: Path | None, text: str) -> bool:
    if path is None:
        return False
    with path.open("a", encoding="utf-8") as file:
        file.write(text)
    return True
