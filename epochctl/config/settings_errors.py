"""Errors of pydantic about the settings as lines for the user."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from epochctl.config.validators import nearest

_WORDS = {
    "string_type": "a text in quotes",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "tuple_type": 'a list, such as ["us-west-2"]',
    "dict_type": "a table: {{ us-west-2 = 80, us-east-1 = 20 }}",
    "model_type": "a table of its own: [{key}]",
    "greater_than_equal": "{ge} or more",
    "less_than_equal": "{le} or less",
    "literal_error": "one of {expected}",
    "too_short": "at least {min_length} entry",
}
_PATTERNS = {
    "name": "lower-case letters, digits and hyphens, 30 at most",
    "environment": "lower-case letters, digits and hyphens, 30 at most",
    "version": 'a Kubernetes version such as "1.36"',
    "instance_types": 'EC2 instance types such as "t3.medium"',
    "access": "ARNs of IAM roles (not of their sessions) or users: arn:aws:iam::123456789012:role/ci",
    "secrets": "names of Secrets: lower-case letters, digits, hyphens, dots",
    "cpu": 'cores or thousandths, such as "0.5" or "250m"',
    "cpu_limit": 'cores or thousandths, such as "0.5" or "250m"',
    "memory": 'binary units, such as "64Mi" or "1Gi"',
    "memory_limit": 'binary units, such as "64Mi" or "1Gi"',
    "[key]": "a name of letters, digits and underscores",
    "health_path": "a path that begins with /",
}


def describe_error(error: ErrorDetails, origins: Mapping[str, str], model: type[BaseModel]) -> str:
    """Return one line: key, value, its source, and what was expected. origins: sources by key."""
    path = tuple(str(part) for part in error["loc"])
    key = ".".join(part for part in path if not part.isdigit())
    if error["type"] == "extra_forbidden":
        return _unknown(path, origins, model)
    if error["type"] == "missing":
        return f"{key}: missing; where the service is to answer, in epochctl.toml or API_HOSTNAME"
    origin = origins.get(key, origins.get(path[0], "default"))
    name = "region" if key == "selected_region" else key  # the user's word: --region, EPOCHCTL_REGION
    return f"{name} = {_shown(error['input'])} ({origin}): expected {_expected(error, key)}"


def _unknown(path: tuple[str, ...], origins: Mapping[str, str], model: type[BaseModel]) -> str:
    fields = model.model_fields
    for part in path[:-1]:
        fields = fields[part].annotation.model_fields  # type: ignore[union-attr]
    near = nearest(path[-1], tuple(fields))
    hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(fields)}"
    return f"{'.'.join(path)} ({origins.get(path[0], 'default')}): unknown key; {hint}"


def _expected(error: ErrorDetails, key: str) -> str:
    kind = error["type"]
    if kind == "value_error":
        return str(error["ctx"]["error"])
    if kind == "string_pattern_mismatch":
        return _PATTERNS[key.rsplit(".", 1)[-1]]
    words = _WORDS.get(kind, error["msg"])
    return words.format(**{**error.get("ctx", {}), "key": key})


def _shown(value: Any) -> str:
    return _shown(value[0]) if isinstance(value, tuple | list) and len(value) == 1 else repr(value)
