"""Tags of AWS objects: between the API's lists of Key and Value and dicts, and as filters of EC2."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any


def tag_dict(listed: Iterable[Mapping[str, str]] | None) -> dict[str, str]:
    """Return the tags by key, of a list of {Key, Value} as most APIs give it; {} for None."""
    return {tag["Key"]: tag.get("Value", "") for tag in listed or ()}


def tag_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Return the tags as the list of {Key, Value} that most APIs take."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def tag_filters(tags: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return EC2 filters for the objects that carry all of these tags."""
    return [{"Name": f"tag:{key}", "Values": [value]} for key, value in tags.items()]


def has_tags(present: Mapping[str, str], wanted: Mapping[str, str]) -> bool:
    """Return whether all wanted tags are present, with the same values."""
    return wanted.items() <= present.items()
