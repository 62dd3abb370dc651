"""A helm release as frozen facts, its objects compared, and which revision to roll back to. Pure."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from epochctl.tools import yaml_text

Json = Mapping[str, Any]
_ROLLBACK = re.compile(r"Rollback to (\d+)")


@dataclass(frozen=True)
class ReleaseState:
    """A revision of a release. chart: name-version, from its labels; values: as canonical JSON."""

    name: str
    namespace: str
    revision: int
    status: str
    updated: datetime
    chart: str
    values: str
    manifests: tuple[Json, ...]
    notes: str
    description: str = ""  # helm's own words, or who deployed it

    @property
    def pending(self) -> bool:
        """Whether a helm is at work on it, or was when it was killed."""
        return self.status.startswith("pending-") or self.status == "uninstalling"

    def matches(self, values: Json) -> bool:
        """Return whether it is deployed with exactly these values."""
        return self.status == "deployed" and self.values == canonical_json(values)


def parse_release(status: Json) -> ReleaseState:
    """Return a release from helm's own JSON: what `helm status` prints, or its record in the cluster."""
    manifests = parse_manifests(status.get("manifest", ""))
    labels = [item["metadata"].get("labels", {}).get("helm.sh/chart", "") for item in manifests]
    info, chart = status["info"], (status.get("chart") or {}).get("metadata")  # the record has both
    return ReleaseState(
        name=status["name"],
        namespace=status["namespace"],
        revision=int(status["version"]),
        status=info["status"],
        updated=datetime.fromisoformat(info["last_deployed"].replace("Z", "+00:00")),
        chart=f"{chart['name']}-{chart['version']}" if chart else next(filter(None, labels), ""),
        values=canonical_json(status.get("config") or {}),
        manifests=manifests,
        notes=info.get("notes", ""),
        description=info.get("description", ""),
    )


def decode_release(record: bytes) -> ReleaseState:
    """Return a release from the record that helm keeps in a Secret (type helm.sh/release.v1)."""
    return parse_release(json.loads(gzip.decompress(base64.b64decode(record))))


def canonical_json(values: Json) -> str:
    """Return values as JSON in one spelling, to be compared."""
    return json.dumps(values, sort_keys=True, separators=(",", ":"))


def chart_digest(directory: Path) -> str:
    """Return a digest of every file of a chart: an edited chart of the same version is another chart."""
    total = hashlib.sha256()
    for path in sorted(path for path in directory.rglob("*") if path.is_file()):
        total.update(f"{path.relative_to(directory)}\0{path.stat().st_size}\0".encode())
        total.update(path.read_bytes())
    return total.hexdigest()[:16]


def changed_objects(before: Iterable[Json], after: Iterable[Json]) -> tuple[str, ...]:
    """Return what an upgrade would do to which object, a line each: "create Kind/name", change, delete."""
    old, new = by_name(before), by_name(after)
    lines = [f"create {name}" for name in new if name not in old]
    lines += [
        f"change {name}"
        for name in new
        if name in old and canonical_json(old[name]) != canonical_json(new[name])
    ]
    return tuple(lines + [f"delete {name}" for name in old if name not in new])


def without_hooks(manifests: Iterable[Json]) -> tuple[Json, ...]:
    """Return the objects of the release itself: hooks (helm tests) come and go by themselves."""
    return tuple(
        item
        for item in manifests
        if item and "helm.sh/hook" not in (item.get("metadata", {}).get("annotations") or {})
    )


def by_name(manifests: Iterable[Json]) -> dict[str, Json]:
    """Return the objects of the release itself, by Kind/name."""
    return {f"{item['kind']}/{item['metadata']['name']}": item for item in without_hooks(manifests)}


def parse_manifests(text: str) -> tuple[Json, ...]:
    """Return the objects of a manifest that helm wrote; a List is its items."""
    items = yaml_text.load_all(text)
    return tuple(one for item in items for one in (item["items"] if item["kind"] == "List" else [item]))


def rolled_back(history: Sequence[ReleaseState]) -> frozenset[int]:
    """Return the revisions that were left for an older one: by a deploy that failed, or by a person.

    helm calls them superseded, like those that served for months: it does not wait for a revision's health.
    """
    following = {state.revision - 1: state for state in history}
    return frozenset(
        state.revision
        for state in history
        if (after := following.get(state.revision)) is not None
        and (target := _ROLLBACK.match(after.description)) is not None
        and int(target[1]) != state.revision
    )


def previous(history: Sequence[ReleaseState]) -> ReleaseState | None:
    """Return the newest older revision that was healthy and holds something else, or None."""
    newest_first = sorted(history, key=lambda state: state.revision, reverse=True)
    bad = rolled_back(history)
    return next(
        (
            state
            for state in newest_first[1:]
            if state.status in {"deployed", "superseded"}
            and state.revision not in bad
            and state.manifests != newest_first[0].manifests
        ),
        None,
    )
