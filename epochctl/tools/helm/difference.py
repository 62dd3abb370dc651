"""What differs between two sets of objects, as lines of YAML that a person reads. Secrets never show.

Pure: knows no chart and no cluster.
"""

from __future__ import annotations

import difflib
import hashlib
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from epochctl.tools.helm.state import Json, by_name

TELLING = re.compile(r"pass(word|wd|phrase)|secret|token|credential|private|api_?key|_key$|_dsn$", re.I)
CONTEXT = 1
_SALT = secrets.token_bytes(16)  # marks tell values apart in one output, and nothing about them


@dataclass(frozen=True)
class Difference:
    """One object. name: Kind/name; lines: of a unified diff, each beginning with "+", "-" or a blank."""

    name: str
    action: Literal["create", "change", "delete"]
    lines: tuple[str, ...]


def differences(before: Iterable[Json], after: Iterable[Json]) -> tuple[Difference, ...]:
    """By object: first those of `after` in their order, then those that go."""
    old, new = by_name(before), by_name(after)
    found = []
    for name in (*new, *(name for name in old if name not in new)):
        lines = _changed(_yaml(old.get(name)), _yaml(new.get(name)))
        if lines:
            action: Literal["create", "change", "delete"] = (
                "create" if name not in old else "delete" if name not in new else "change"
            )
            found.append(Difference(name, action, lines))
    return tuple(found)


def masked(manifest: Json) -> Any:
    """The object without what is secret in it: a Secret's data, and environment values that sound like it."""
    if manifest.get("kind") != "Secret":
        return _without_telling(manifest)
    hidden = {key: _hidden_values(manifest[key]) for key in ("data", "stringData") if manifest.get(key)}
    return {**manifest, **hidden}


def _without_telling(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_telling(item) for item in value]
    if not isinstance(value, dict):
        return value
    found = {key: _without_telling(item) for key, item in value.items()}
    if isinstance(found.get("value"), str) and TELLING.search(str(found.get("name", ""))):
        found["value"] = _mark(found["value"])
    return found


def _hidden_values(values: Json) -> dict[str, str]:
    return {key: _mark(str(value)) for key, value in values.items()}


def _mark(value: str) -> str:
    return f"*** ({hashlib.sha256(_SALT + value.encode()).hexdigest()[:4]})"


def _yaml(manifest: Json | None) -> list[str]:
    import yaml

    return yaml.safe_dump(masked(manifest), sort_keys=True).splitlines() if manifest else []


def _changed(before: list[str], after: list[str]) -> tuple[str, ...]:
    lines = list(difflib.unified_diff(before, after, lineterm="", n=CONTEXT))[2:]
    return tuple(line for line in lines if not line.startswith("@@"))
