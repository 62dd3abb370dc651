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
# What a credential looks like, wherever it stands: a group in it is all that is hidden.
LOOKS = tuple(
    re.compile(pattern)
    for pattern in (
        r"\b((?:AKIA|ASIA)[A-Z0-9]{16})\b",  # AWS access keys
        r"\b(eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*)",  # JSON web tokens
        r"\b((?:gh[opsur]|github_pat|glpat|xox[abprs]|sk|rk|pk|npm|hf|pypi|dop_v1|shpat)[-_][\w-]{16,})",
        r"\b(AIza[\w-]{30,})",
        r"(-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*)",
        r"\b[a-z][a-z0-9+.-]*://[^/\s:@]*:([^/\s@]+)@",  # a password in a URL
        r"(?i)\b(?:password|passwd|pwd|secret|token|api[_-]?key|access[_-]?key)\s*[=:]\s*([^\s;,&\"']+)",
        r"(?i)\bbearer\s+([\w.~+/-]{12,}=*)",
    )
)
RANDOM = re.compile(r"[A-Za-z0-9+/_-]{24,}={0,2}")  # and with all three kinds of characters, see _random
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
    """The object without what is secret in it: a Secret's data, values whose name sounds like it, and what
    looks like a credential wherever it stands."""
    if manifest.get("kind") != "Secret":
        return _without_telling(manifest)
    hidden = {key: _hidden_values(manifest[key]) for key in ("data", "stringData") if manifest.get(key)}
    return {**manifest, **hidden}


def _without_telling(value: Any) -> Any:
    if isinstance(value, str):
        return _without_credentials(value)
    if isinstance(value, list):
        return [_without_telling(item) for item in value]
    if not isinstance(value, dict):
        return value
    found = {key: _without_telling(item) for key, item in value.items()}
    given = value.get("value")
    if isinstance(given, str) and (TELLING.search(str(value.get("name", ""))) or _random(given)):
        found["value"] = _mark(given)
    return found


def _without_credentials(text: str) -> str:
    for look in LOOKS:
        text = look.sub(lambda found: found.group().replace(found.group(1), _mark(found.group(1))), text)
    return text


def _random(value: str) -> bool:
    """Whether a value of the environment is one long word that nobody would think up."""
    kinds = (r"[A-Z]", r"[a-z]", r"[0-9]")
    return bool(RANDOM.fullmatch(value)) and all(len(re.findall(kind, value)) >= 3 for kind in kinds)


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
