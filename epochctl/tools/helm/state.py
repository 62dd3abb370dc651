"""A helm release as frozen facts, and what a killed helm leaves behind. Pure: runs nothing."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

Json = Mapping[str, Any]


@dataclass(frozen=True)
class ReleaseState:
    """The latest revision of a release. chart: name-version, from its labels; values: what it was given."""

    name: str
    namespace: str
    revision: int
    status: str
    updated: datetime
    chart: str
    values: str
    manifests: tuple[Json, ...]
    notes: str
    description: str = ""  # helm's own words, or ours: who deployed it

    @property
    def pending(self) -> bool:
        """Some helm is at work on it, or was when it was killed."""
        return self.status.startswith("pending-") or self.status == "uninstalling"

    def matches(self, values: Json) -> bool:
        """Deployed with exactly these values."""
        return self.status == "deployed" and self.values == canonical(values)


def parsed(status: Json) -> ReleaseState:
    """A release from helm's own JSON: what `helm status` prints, or its record in the cluster."""
    manifests = parsed_manifests(status.get("manifest", ""))
    labels = [item["metadata"].get("labels", {}).get("helm.sh/chart", "") for item in manifests]
    info, chart = status["info"], (status.get("chart") or {}).get("metadata")  # the record has both
    return ReleaseState(
        name=status["name"],
        namespace=status["namespace"],
        revision=int(status["version"]),
        status=info["status"],
        updated=datetime.fromisoformat(info["last_deployed"].replace("Z", "+00:00")),
        chart=f"{chart['name']}-{chart['version']}" if chart else next(filter(None, labels), ""),
        values=canonical(status.get("config") or {}),
        manifests=manifests,
        notes=info.get("notes", ""),
        description=info.get("description", ""),
    )


def decoded(record: bytes) -> ReleaseState:
    """A release from the record that helm keeps in a Secret (type helm.sh/release.v1)."""
    return parsed(json.loads(gzip.decompress(base64.b64decode(record))))


def canonical(values: Json) -> str:
    """Values in the one spelling that can be compared."""
    return json.dumps(values, sort_keys=True, separators=(",", ":"))


def chart_digest(directory: Path) -> str:
    """A digest of every file of a chart: an edited chart of the same version is another chart."""
    total = hashlib.sha256()
    for path in sorted(path for path in directory.rglob("*") if path.is_file()):
        total.update(f"{path.relative_to(directory)}\0{path.stat().st_size}\0".encode())
        total.update(path.read_bytes())
    return total.hexdigest()[:16]


def changed_objects(before: Iterable[Json], after: Iterable[Json]) -> tuple[str, ...]:
    """What an upgrade would do to which object, a line each: "create Kind/name", change, delete."""
    old, new = by_name(before), by_name(after)
    lines = [f"create {name}" for name in new if name not in old]
    lines += [
        f"change {name}" for name in new if name in old and canonical(old[name]) != canonical(new[name])
    ]
    return tuple(lines + [f"delete {name}" for name in old if name not in new])


def without_hooks(manifests: Iterable[Json]) -> tuple[Json, ...]:
    """Objects of the release itself: hooks (helm tests) come and go by themselves."""
    return tuple(
        item
        for item in manifests
        if item and "helm.sh/hook" not in (item.get("metadata", {}).get("annotations") or {})
    )


def by_name(manifests: Iterable[Json]) -> dict[str, Json]:
    """The objects of the release itself, by Kind/name."""
    return {f"{item['kind']}/{item['metadata']['name']}": item for item in without_hooks(manifests)}


def parsed_manifests(text: str) -> tuple[Json, ...]:
    """The objects of a manifest that helm wrote; a List is its items."""
    import yaml

    loader = getattr(
        yaml, "CSafeLoader", yaml.SafeLoader
    )  # a chart with its definitions is slow in pure Python
    items = [item for item in yaml.load_all(text, Loader=loader) if item]
    return tuple(one for item in items for one in (item["items"] if item["kind"] == "List" else [item]))
