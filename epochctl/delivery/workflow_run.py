"""The run of GitHub Actions that we are part of, read from its variables and its event. Knows no network."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from epochctl.config.sources import run_url
from epochctl.errors import SettingsError


@dataclass(frozen=True)
class Run:
    """repository: owner/name; number: of the pull request, 0 for none; head: its last commit; fork: whether
    it comes from another repository; summary: a file that the runner reads afterwards."""

    repository: str
    api: str
    page: str
    number: int = 0
    head: str = ""
    fork: bool = False
    token: SecretStr = field(default=SecretStr(""), repr=False)
    summary: Path | None = None

    def summarise(self, text: str) -> bool:
        """Add to the job's summary; whether there is one."""
        return _append(self.summary, text + "\n")


def present(environ: Mapping[str, str]) -> Run:
    """The run of these variables. Raises SettingsError where they are no workflow's."""
    repository = environ.get("GITHUB_REPOSITORY", "")
    if not repository:
        raise SettingsError(
            "this is no run of GitHub Actions",
            why="GITHUB_REPOSITORY is not set",
            fix="epochctl ci init writes workflows that call it",
        )
    pull = _event(environ).get("pull_request") or {}
    head = pull.get("head") or {}
    return Run(
        repository=repository,
        api=environ.get("GITHUB_API_URL", "https://api.github.com"),
        page=run_url(environ),
        number=int(pull.get("number") or 0),
        head=str(head.get("sha") or ""),
        fork=bool(pull) and (head.get("repo") or {}).get("full_name") != repository,
        token=SecretStr(environ.get("GITHUB_TOKEN", "")),
        summary=_path(environ, "GITHUB_STEP_SUMMARY"),
    )


def output(environ: Mapping[str, str], name: str, value: str) -> bool:
    """Give the step an output, on one line; whether we are in a step."""
    return _append(_path(environ, "GITHUB_OUTPUT"), f"{name}={value}\n")


def _event(environ: Mapping[str, str]) -> dict[str, Any]:
    path = _path(environ, "GITHUB_EVENT_PATH")
    try:
        told = json.loads(path.read_text(encoding="utf-8")) if path else {}
    except (OSError, ValueError) as error:
        raise SettingsError("the event of this run cannot be read", why=str(error)) from error
    return told if isinstance(told, dict) else {}


def _path(environ: Mapping[str, str], name: str) -> Path | None:
    return Path(environ[name]) if environ.get(name) else None


def _append(path: Path | None, text: str) -> bool:
    if path is None:
        return False
    with path.open("a", encoding="utf-8") as file:
        file.write(text)
    return True
