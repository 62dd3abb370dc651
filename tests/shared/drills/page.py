"""docs/regions.md: page.md with what was measured (docs/regions.json) put in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from drills.plan import HEAD, ROUTING, TRIALS
from drills.runs import line

BROKEN = "Of the region that serves"
Json = dict[str, Any]
COLUMNS = (
    ("Detection", "detection (checkers see it fail)"),
    ("DNS change", "DNS change (servers answer without it)"),
    ("Standby woken in", "standby woken in"),
    ("Recovery", "recovery (another region answers)"),
    ("RTO", "RTO (first failure to that answer)"),
    ("Lost", "lost requests"),
    ("Serves again", "serves again after the mending"),
    ("Lost on the way back", "lost requests while going back"),
)
TEXT = Path(__file__).with_name("page.md")


def written(measured: Json) -> str:
    """The whole page."""
    active, standby = (f"{HEAD}\n{ROUTING[policy]}" for policy in ("active-active", "primary-standby"))
    drills = measured["drills"]
    return TEXT.read_text().format(
        active=active,
        standby=standby,
        table="\n".join(_table(drills)),
        sections="\n".join(map(_section, drills)),
        place=_place(measured),
    )


def _table(drills: list[Json]) -> Iterator[str]:
    yield f"| Policy | {BROKEN} | {' | '.join(name for name, _ in COLUMNS)} |"
    yield "|---" * (len(COLUMNS) + 2) + "|"
    for one in drills:
        cells = (one["measures"].get(key, "-") for _, key in COLUMNS)
        yield f"| {one['policy']} | {_words(one)} | {' | '.join(cells)} |"


def _section(one: Json) -> str:
    shown = "\n".join((*one["strip"], one["key"], "", *map(line, one["runs"])))
    return f"### {one['policy']}: {_words(one)}\n\n```\n{shown}\n```\n"


def _place(measured: Json) -> str:
    return (
        f"## Where it was measured\n\n{measured['date']}, in the sandbox on {measured['cores']} cores that "
        f"others used as well (load {measured['load']}). Two regions with a node each take "
        f"{measured['memory']} MB (what processes share counted once); `up` from nothing to both verified "
        f"took {measured['up']} s."
    )


def _words(one: Json) -> str:
    return next((trial.words for trial in TRIALS if trial.name == one["trial"]), str(one["trial"]))
