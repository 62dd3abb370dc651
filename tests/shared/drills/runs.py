"""What a client saw each second, told once for as long as it stayed the same; and docs/regions.json with it.

Pure. The seconds themselves are the drill's, as `epochctl failover drill -o json` tells them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

Json = dict[str, Any]
_RUN = re.compile(r"\{\s*\"from\":[^{}]*\}")


def runs(seconds: Sequence[Json]) -> list[Json]:
    """from: the first second; count: how many in a row were answered alike; slowest: of them, in seconds."""
    return list(_runs(seconds))


def _runs(seconds: Sequence[Json]) -> Iterator[Json]:
    for (region, status, cause), alike in groupby(seconds, _answer):
        same = list(alike)
        slowest = max(one["seconds"] for one in same)
        told = {"from": round(same[0]["at"]), "count": len(same), "region": region, "status": status}
        yield {**told, "slowest": slowest, **({"cause": cause} if cause else {})}


def _answer(one: Json) -> tuple[str, int, str]:
    return one["region"], one["status"], one["cause"]


def line(run: Json) -> str:
    """For a person."""
    good = 200 <= run["status"] < 300
    words = f"answered by {run['region']}" if good else f"lost: {run.get('cause') or run['status']}"
    return f"{run['from']:>4} s  {run['count']:>3} x {words}; the slowest took {run['slowest']:.2f} s"


def dumped(measured: Json) -> str:
    """A run a line."""
    return _RUN.sub(lambda found: " ".join(found[0].split()), json.dumps(measured, indent=1)) + "\n"
