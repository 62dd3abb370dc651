"""YAML to data and back. The only module that imports yaml, and late: it costs 20 ms."""

from __future__ import annotations

from typing import Any


def load(text: str) -> Any:
    """Return the one document in the text. Raises ValueError with the place where it is no YAML."""
    import yaml

    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from error


def load_all(text: str) -> list[Any]:
    """Return the documents in the text that are not empty, by libyaml if possible: it is faster."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return [document for document in yaml.load_all(text, Loader=loader) if document]


def dump(value: Any, *, sort_keys: bool = False, allow_unicode: bool = True) -> str:
    """Return the value as YAML."""
    import yaml

    return str(yaml.safe_dump(value, sort_keys=sort_keys, allow_unicode=allow_unicode))
