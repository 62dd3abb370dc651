"""Changes of objects in words: one heading an object, the lines of its diff under it. Knows no command."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from epochctl.tools.helm import Difference


def lines(changes: Iterable[Difference], indent: str = "  ") -> tuple[str, ...]:
    """For a person. What is made or goes as a whole is not printed line by line."""
    return tuple(
        line
        for change in changes
        for line in (
            f"{indent}{change.action} {change.name}",
            *(f"{indent}  {one}" for one in change.lines if change.action == "change"),
        )
    )


def fields(changes: Iterable[Difference]) -> list[dict[str, object]]:
    """For a program."""
    return [{"object": one.name, "action": one.action, "diff": list(one.lines)} for one in changes]
