"""What was changed by hand on an object of a release: which fields, by whom, and when. Pure.

The API server records in managedFields who set which field. What it filled in itself, or an admission webhook
during the release's own request, is no such change.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Json = Mapping[str, Any]

RELEASE_MANAGERS = ("helm", "epochctl")
SYSTEM_MANAGERS = ("kube-controller-manager", "kube-scheduler", "kubelet", "controller")
SERVER_FIELDS = ("metadata", "status", "apiVersion", "kind")
_UNITS = {"m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30}


@dataclass(frozen=True)
class Drift:
    """fields: where the object differs from the release. who, when: of the latest change, if known."""

    name: str
    fields: tuple[str, ...]
    who: str = ""
    when: str = ""

    def __str__(self) -> str:
        by = f" by {self.who} at {self.when}" if self.who else ""
        more = f" and {len(self.fields) - 3} more" if len(self.fields) > 3 else ""
        return f"{self.name}, changed{by}: {', '.join(self.fields[:3])}{more}"


def find(wanted: Json, live: Json) -> Drift | None:
    """Return how the live object was changed by hand; None where it was not."""
    others = [entry for entry in live["metadata"].get("managedFields", ()) if _is_manual(entry)]
    fields = [
        path
        for entry in others
        for path in _changed_fields(_content(entry.get("fieldsV1", {}), "f:"), wanted, live, "")
    ]
    fields += [
        *_removed_fields(_content(wanted), live, ""),
        *_changed_labels(wanted["metadata"], live["metadata"]),
    ]
    fields = [
        field for field in fields if field != "spec.replicas"
    ]  # a scaled Deployment is reported as such
    if not fields:
        return None
    latest: Json = max(others, key=lambda entry: str(entry.get("time", "")), default={})
    name = f"{wanted['kind']}/{wanted['metadata']['name']}"
    when = str(latest.get("time", "")).replace("T", " ").replace("Z", " UTC")
    return Drift(name, tuple(dict.fromkeys(fields)), str(latest.get("manager", "")), when)


def without_drift(wanted: Json, live: Json) -> dict[str, Any]:
    """Return the live object with the release's content in place of its own: additions are gone too."""
    content = {key: dict(value) if key == "spec" else value for key, value in _content(wanted).items()}
    if "replicas" in live.get("spec", {}) and "spec" in content:
        content["spec"].setdefault("replicas", live["spec"]["replicas"])  # an autoscaler's
    metadata = {
        key: value
        for key, value in live["metadata"].items()
        if key not in ("managedFields", "resourceVersion")
    }
    for kind in ("labels", "annotations"):
        metadata[kind] = {**(metadata.get(kind) or {}), **(wanted["metadata"].get(kind) or {})}
    return {"apiVersion": wanted["apiVersion"], "kind": wanted["kind"], "metadata": metadata, **content}


def _changed_labels(wanted: Json, live: Json) -> Iterator[str]:
    """Yield changed labels and annotations of the release. Additional ones are not drift."""
    for kind in ("labels", "annotations"):
        present = live.get(kind) or {}
        for key, value in (wanted.get(kind) or {}).items():
            if present.get(key) != value:
                yield f"metadata.{kind}[{key}]"


def _is_manual(entry: Json) -> bool:
    manager = str(entry.get("manager", ""))
    return (
        not entry.get("subresource")
        and not manager.startswith(RELEASE_MANAGERS)
        and manager not in SYSTEM_MANAGERS
    )


def _content(of: Json, prefix: str = "") -> dict[str, Any]:
    return {key: value for key, value in of.items() if key.removeprefix(prefix) not in SERVER_FIELDS}


def _changed_fields(marks: Json, wanted: Any, live: Any, path: str) -> Iterator[str]:
    """Yield the fields among `marks` (of managedFields) that the release lacks or has with another value."""
    for mark, below in marks.items():
        if mark == ".":
            continue
        field, (wanted_value, is_wanted), (value, is_live) = (
            _extend(path, mark),
            _lookup(wanted, mark),
            _lookup(live, mark),
        )
        if not is_live:
            continue
        if not is_wanted:
            yield field
        elif below and set(below) != {"."}:
            yield from _changed_fields(below, wanted_value, value, field)
        elif not isinstance(wanted_value, Mapping) and not _is_same(wanted_value, value):
            yield field


def _removed_fields(wanted: Any, live: Any, path: str) -> list[str]:
    """Return the fields of the release that the live object lacks."""
    if isinstance(wanted, Mapping):
        given = live if isinstance(live, Mapping) else {}
        missing = [
            f"{path}.{key}".lstrip(".") for key in wanted if key not in given and _has_content(wanted[key])
        ]
        below = [(key, wanted[key], given[key]) for key in wanted if key in given]
        return missing + [
            found
            for key, one, other in below
            for found in _removed_fields(one, other, f"{path}.{key}".lstrip("."))
        ]
    if isinstance(wanted, Sequence) and not isinstance(wanted, str) and all(_has_name(one) for one in wanted):
        found: list[str] = []
        for one in wanted:
            other, there = _lookup(live, "k:" + json.dumps({"name": one["name"]}))
            found += (
                _removed_fields(one, other, f"{path}[{one['name']}]") if there else [f"{path}[{one['name']}]"]
            )
        return found
    return []


def _lookup(value: Any, mark: str) -> tuple[Any, bool]:
    """Return the value at a mark of managedFields, and whether there is one."""
    kind, _, key = mark.partition(":")
    if kind == "f":
        found = isinstance(value, Mapping) and key in value and value[key] is not None
        return (value[key], True) if found else (None, False)
    if not isinstance(value, list):
        return None, False
    if kind == "v":
        return json.loads(key), json.loads(key) in value
    wanted = json.loads(key) if kind == "k" else {}
    for item in value:
        # A key that the release leaves to its default (a port's protocol) is none to go by.
        if isinstance(item, Mapping) and all(item.get(name, word) == word for name, word in wanted.items()):
            return item, True
    return None, False


def _extend(path: str, mark: str) -> str:
    kind, _, key = mark.partition(":")
    if kind == "f":
        return f"{path}.{key}".lstrip(".")
    if kind == "k":
        return f"{path}[{'/'.join(map(str, json.loads(key).values()))}]"
    return f"{path}[{key}]"


def _has_name(item: Any) -> bool:
    return isinstance(item, Mapping) and isinstance(item.get("name"), str)


def _has_content(value: Any) -> bool:
    return value not in (None, {}, [], "", False, 0)


def _is_same(one: Any, other: Any) -> bool:
    return (
        one == other
        or (not _has_content(one) and not _has_content(other))
        or _quantity(one) == _quantity(other)
    )


def _quantity(value: Any) -> Any:
    """Return a quantity as a number: the API server writes 0.5 as 500m."""
    text = str(value)
    unit = next((unit for unit in sorted(_UNITS, key=len, reverse=True) if text.endswith(unit)), "")
    try:
        return round(float(text.removesuffix(unit)) * _UNITS.get(unit, 1), 6)
    except ValueError:
        return text
