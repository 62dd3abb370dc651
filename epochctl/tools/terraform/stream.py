"""Terraform's `-json` lines (docs: "Machine-readable UI"): progress, planned changes and diagnostics."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

_DOING = {"create": "creating", "update": "updating", "delete": "deleting"}
_DONE = {"create": "created", "update": "updated", "delete": "deleted"}


@dataclass(frozen=True)
class Change:
    """One planned change. action: create, update, replace, delete, adopt; reason: terraform's, may be ""."""

    address: str
    action: str
    reason: str = ""

    def __str__(self) -> str:
        return f"{self.action} {short(self.address)}" + (f" ({self.reason})" if self.reason else "")


@dataclass(frozen=True)
class Diagnostic:
    """An error as Terraform reports it."""

    summary: str
    detail: str
    address: str = ""


def short(address: str) -> str:
    """Return a resource's address without its modules: aws_subnet.public["us-west-2a"]."""
    parts = address.split(".")
    while len(parts) > 2 and parts[0] == "module":
        parts = parts[2:]
    return ".".join(parts)


class Stream:
    """Takes the lines of one run as they come: reports progress, keeps changes, errors and what was done."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self.changes: list[Change] = []
        self.errors: list[Diagnostic] = []
        self.done: list[Change] = []
        self.raw: list[str] = []

    def __call__(self, line: str) -> None:
        try:
            message = json.loads(line)
        except ValueError:
            message = None
        if not isinstance(message, dict):
            self.raw.append(line)
            return
        handle = getattr(self, "_" + str(message.get("type", "")), None)
        if handle is not None:
            handle(message)

    def _diagnostic(self, message: dict[str, Any]) -> None:
        found = message.get("diagnostic", {})
        if found.get("severity") == "error":
            self.errors.append(
                Diagnostic(found.get("summary", ""), found.get("detail", ""), found.get("address", ""))
            )

    def _planned_change(self, message: dict[str, Any]) -> None:
        change = message["change"]
        action = "adopt" if change.get("importing") else change["action"]
        if action in {"create", "update", "replace", "delete", "adopt"}:
            self.changes.append(Change(change["resource"]["addr"], action, change.get("reason", "")))

    def _apply_start(self, message: dict[str, Any]) -> None:
        self._report(message, _DOING)

    def _apply_progress(self, message: dict[str, Any]) -> None:
        self._report(message, _DOING, f", {message['hook'].get('elapsed_seconds', 0):.0f} s")

    def _apply_complete(self, message: dict[str, Any]) -> None:
        hook = message["hook"]
        self._report(message, _DONE, f" in {hook.get('elapsed_seconds', 0):.0f} s")
        if hook.get("action") in _DONE:
            self.done.append(Change(hook["resource"]["addr"], hook["action"]))

    def _apply_errored(self, message: dict[str, Any]) -> None:
        self._say(f"{short(message['hook']['resource']['addr'])}: failed")

    def _report(self, message: dict[str, Any], words: dict[str, str], more: str = "") -> None:
        hook = message["hook"]
        word = words.get(hook.get("action", ""))
        if word is not None:
            self._say(f"{short(hook['resource']['addr'])}: {word}{more}")
