"""What somebody changed by hand on an object that a release made: which fields, who, and when. Pure.

The API server writes down who set which field. What it filled in itself, or an admission webhook at our own
request, is nobody's change.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Json = Mapping[str, Any]

OURS = ("helm", "epochctl")
MACHINERY = (
    "kube-controller-manager",
    "kube-scheduler",
    "kubelet",
    "controller",
)  # of Kubernetes and the balancer
KEPT = ("metadata", "status", "apiVersion", "kind")
_UNITS = {"m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30}


@dataclass(frozen=True)
class Drift:
    """fields: where the object is not what the release says. who, when: of the latest change, if known."""

    name: str
    fields: tuple[str, ...]
    who: str = ""
    when: str = ""

    def __str__(self) -> str:
        by = f" by {self.who} at {self.when}" if self.who else ""
        more = f" and {len(self.fields) - 3} more" if len(self.fields) > 3 else ""
        return f"{self.name}, changed{by}: {', '.join(self.fields[:3])}{more}"


def find(wanted: Json, live: Json) -> Drift | None:
    """How the live object differs from the release's by somebody's hand; None where it does not."""
    others = [entry for entry in live["metadata"].get("managedFields", ()) if _is_a_persons(entry)]
    fields = [
        path
        for entry in others
        for path in _set_otherwise(_content(entry.get("fieldsV1", {}), "f:"), wanted, live, "")
    ]
    fields += [
        *_removed(_content(wanted), live, ""),
        *_labelled_otherwise(wanted["metadata"], live["metadata"]),
    ]
    fields = [field for field in fields if field != "spec.replicas"]  # how many there are is told by itself
    if not fields:
        return None
    latest: Json = max(others, key=lambda entry: str(entry.get("time", "")), default={})
    name = f"{wanted['kind']}/{wanted['metadata']['name']}"
    when = str(latest.get("time", "")).replace("T", " ").replace("Z", " UTC")
    return Drift(name, tuple(dict.fromkeys(fields)), str(latest.get("manager", "")), when)


def restored(wanted: Json, live: Json) -> dict[str, Any]:
    """The live object with the release's content in place of its own: also without what was added to it."""
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


def _labelled_otherwise(wanted: Json, live: Json) -> Iterator[str]:
    """Labels and annotations of the release. What others add beside them is theirs."""
    for kind in ("labels", "annotations"):
        present = live.get(kind) or {}
        for key, value in (wanted.get(kind) or {}).items():
            if present.get(key) != value:
                yield f"metadata.{kind}[{key}]"


def _is_a_persons(entry: Json) -> bool:
    manager = str(entry.get("manager", ""))
    return not entry.get("subresource") and not manager.startswith(OURS) and manager not in MACHINERY


def _content(of: Json, prefix: str = "") -> dict[str, Any]:
    return {key: value for key, value in of.items() if key.removeprefix(prefix) not in KEPT}


def _set_otherwise(marks: Json, wanted: Any, live: Any, path: str) -> Iterator[str]:
    """Fields among `marks` (in managedFields' words) that the release does not have, or has otherwise."""
    for mark, below in marks.items():
        if mark == ".":
            continue
        place, (should, there), (be, present) = _named(path, mark), _at(wanted, mark), _at(live, mark)
        if not present:
            continue
        if not there:
            yield place
        elif below and set(below) != {"."}:
            yield from _set_otherwise(below, should, be, place)
        elif not isinstance(should, Mapping) and not _same(should, be):
            yield place


def _removed(wanted: Any, live: Any, path: str) -> list[str]:
    """Fields of the release that are not there any more."""
    if isinstance(wanted, Mapping):
        given = live if isinstance(live, Mapping) else {}
        missing = [f"{path}.{key}".lstrip(".") for key in wanted if key not in given and _says(wanted[key])]
        below = [(key, wanted[key], given[key]) for key in wanted if key in given]
        return missing + [
            found for key, one, other in below for found in _removed(one, other, f"{path}.{key}".lstrip("."))
        ]
    if isinstance(wanted, Sequence) and not isinstance(wanted, str) and all(_has_name(one) for one in wanted):
        found: list[str] = []
        for one in wanted:
            other, there = _at(live, "k:" + json.dumps({"name": one["name"]}))
            found += _removed(one, other, f"{path}[{one['name']}]") if there else [f"{path}[{one['name']}]"]
        return found
    return []


def _at(value: Any, mark: str) -> tuple[Any, bool]:
    """What stands at a mark, and whether anything does."""
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


def _named(path: str, mark: str) -> str:
    kind, _, key = mark.partition(":")
    if kind == "f":
        return f"{path}.{key}".lstrip(".")
    if kind == "k":
        return f"{path}[{'/'.join(map(str, json.loads(key).values()))}]"
    return f"{path}[{key}]"


def _has_name(item: Any) -> bool:
    return isinstance(item, Mapping) and isinstance(item.get("name"), str)


def _says(value: Any) -> bool:
    return value not in (None, {}, [], "", False, 0)


def _same(one: Any, other: Any) -> bool:
    return one == other or (not _says(one) and not _says(other)) or _amount(one) == _amount(other)


def _amount(value: Any) -> Any:
    """A quantity as a number: the API server spells 0.5 as 500m."""
    text = str(value)
    unit = next((unit for unit in sorted(_UNITS, key=len, reverse=True) if text.endswith(unit)), "")
    try:
        return round(float(text.removesuffix(unit)) * _UNITS.get(unit, 1), 6)
    except ValueError:
        return text
