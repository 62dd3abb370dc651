"""The user's own kubeconfig: merge a cluster into it, with a backup of the old file."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from epochctl.errors import SettingsError
from epochctl.tools import yaml_text

Json = Mapping[str, Any]
LISTS = ("clusters", "users", "contexts")


@dataclass(frozen=True)
class MergeResult:
    """What was done. backup: None where there was no file, or nothing changed."""

    path: Path
    context: str
    changed: bool
    current: bool
    backup: Path | None


def merge(path: Path, document: Json, *, now: datetime | None = None) -> MergeResult:
    """Put the cluster of `document` into the kubeconfig at `path`, atomically, with a backup beside it.

    Everything else in it stays; its current context too, unless it has none.
    """
    context = str(document["current-context"])
    target = path.expanduser().resolve()  # a link stays a link
    before = target.read_text() if target.exists() else ""
    old = _parse(before, path)
    new = merged(old, document)
    current = new.get("current-context") == context
    if new == old:
        return MergeResult(path, context, False, current, None)
    backup = _write(target.with_name(_backup_name(target, now)), before) if before else None
    _write(target, yaml_text.dump(new))
    return MergeResult(path, context, True, current, backup)


def merged(old: Json, document: Json) -> dict[str, Any]:
    """Return `old` with the entries of `document`, each in place of the one with its name."""
    new: dict[str, Any] = {"apiVersion": "v1", "kind": "Config", **old}
    for kind in LISTS:
        entries = {item["name"]: item for item in document[kind]}
        kept = [entries.pop(item.get("name"), item) for item in new.get(kind) or []]
        new[kind] = [*kept, *entries.values()]
    if not new.get("current-context"):
        new["current-context"] = document["current-context"]
    return new


def _parse(text: str, path: Path) -> Json:
    try:
        found = yaml_text.load(text) or {}
    except ValueError as error:
        found, why = None, str(error)
    else:
        why = "it is not a kubeconfig: a mapping with clusters, users and contexts was expected"
    if not isinstance(found, dict) or any(not isinstance(found.get(kind) or [], list) for kind in LISTS):
        raise SettingsError(
            f"{path} cannot be merged into", why=why, fix="correct it, or name another --into"
        )
    return found


def _backup_name(target: Path, now: datetime | None) -> str:
    return f"{target.name}.before-epochctl-{now or datetime.now(UTC):%Y%m%dT%H%M%S}"


def _write(target: Path, text: str) -> Path:
    """Write it atomically, for the owner only: it may hold credentials of other clusters."""
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = target.with_name(f"{target.name}.{os.getpid()}.part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    part.replace(target)
    return target
