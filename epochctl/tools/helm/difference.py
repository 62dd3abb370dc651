"""What differs between two sets of objects, as lines of YAML to be read. Secrets are masked."""

from __future__ import annotations

import difflib
import hashlib
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from epochctl.tools import yaml_text
from epochctl.tools.helm.state import Json, by_name

SECRET_NAME = re.compile(r"pass(word|wd|phrase)|secret|token|credential|private|api_?key|_key$|_dsn$", re.I)
# What a credential looks like in any value; only the group is masked.
CREDENTIAL_PATTERNS = tuple(
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
RANDOM_WORD = re.compile(r"[A-Za-z0-9+/_-]{24,}={0,2}")  # with all three kinds of characters, see _is_random
CONTEXT = 1
_SALT = secrets.token_bytes(16)  # a mask differs by value within one output, and reveals nothing of it


@dataclass(frozen=True)
class Difference:
    """One object. name: Kind/name; lines: of a unified diff, each beginning with "+", "-" or a blank."""

    name: str
    action: Literal["create", "change", "delete"]
    lines: tuple[str, ...]


def differences(before: Iterable[Json], after: Iterable[Json]) -> tuple[Difference, ...]:
    """Return the differences by object: those of `after` in their order, then the deleted ones."""
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


def mask(manifest: Json) -> Any:
    """Return the object with a Secret's data, values of secret names, and credentials masked."""
    if manifest.get("kind") != "Secret":
        return _mask_values(manifest)
    hidden = {key: _mask_all(manifest[key]) for key in ("data", "stringData") if manifest.get(key)}
    return {**manifest, **hidden}


def _mask_values(value: Any) -> Any:
    if isinstance(value, str):
        return _mask_credentials(value)
    if isinstance(value, list):
        return [_mask_values(item) for item in value]
    if not isinstance(value, dict):
        return value
    found = {key: _mask_values(item) for key, item in value.items()}
    text = value.get("value")
    if isinstance(text, str) and (SECRET_NAME.search(str(value.get("name", ""))) or _is_random(text)):
        found["value"] = _mark(text)
    return found


def _mask_credentials(text: str) -> str:
    for pattern in CREDENTIAL_PATTERNS:
        text = pattern.sub(lambda found: found.group().replace(found.group(1), _mark(found.group(1))), text)
    return text


def _is_random(value: str) -> bool:
    """Return whether a value is one long word of random characters."""
    kinds = (r"[A-Z]", r"[a-z]", r"[0-9]")
    return bool(RANDOM_WORD.fullmatch(value)) and all(len(re.findall(kind, value)) >= 3 for kind in kinds)


def _mask_all(values: Json) -> dict[str, str]:
    return {key: _mark(str(value)) for key, value in values.items()}


def _mark(value: str) -> str:
    return f"*** ({hashlib.sha256(_SALT + value.encode()).hexdigest()[:4]})"


def _yaml(manifest: Json | None) -> list[str]:
    return (
        yaml_text.dump(mask(manifest), sort_keys=True, allow_unicode=False).splitlines() if manifest else []
    )


def _changed(before: list[str], after: list[str]) -> tuple[str, ...]:
    lines = list(difflib.unified_diff(before, after, lineterm="", n=CONTEXT))[2:]
    return tuple(line for line in lines if not line.startswith("@@"))
