"""`up`, `deploy` and `down` in a world: beside the steps by hand, the bare tools, and AWS's own delays."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from benchmarks import deploys
from benchmarks.by_hand import ByHand
from benchmarks.table import Row
from benchmarks.world import BIN, World, world

SCALE = 0.1  # of the delays that AWS usually has
# The delays on the critical path: cluster, node group, load balancer. Certificate and NAT run beside them.
PATH_SECONDS = 540 + 180 + 120


def rows() -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as folder, world(Path(folder)) as made:
        start = made.control("up")
        by_hand = ByHand(made)
        bare = by_hand.run("up")
        yield from _stages("by hand, up", bare)
        bare_down = by_hand.run("down")
        yield from _stages("by hand, down", bare_down)
        up, steps = _up(made)
        yield _row("up, with the world's start", start + up, target="at most 90 s")
        yield from _compared(up, steps, bare)
        yield _row("up, nothing to do", made.epochctl("up", "--yes"), target="at most 15 s")
        yield _row("verify", made.epochctl("verify"))
        yield from deploys.rows(made)
        down = made.epochctl("down", "--yes")
        yield _row("down, to by hand", down, down / sum(bare_down.values()))
        yield _paced(made, up)


def _up(made: World) -> tuple[float, dict[str, float]]:
    """Seconds of the whole and of each step."""
    lines = made.execute(str(BIN / "epochctl"), "up", "--yes", "-o", "json").splitlines()
    events = [json.loads(line) for line in lines if line.startswith("{")]
    steps = {event["step"]: event["seconds"] for event in events if event["event"] == "step_finished"}
    return next(event["seconds"] for event in events if event["event"] == "run_finished"), steps


def _compared(up: float, steps: Mapping[str, float], bare: Mapping[str, float]) -> Iterator[Row]:
    yield _row("up, to by hand", up, up / sum(bare.values()))
    yield _row("infra-up, to terraform", steps["infra-up"], steps["infra-up"] / bare["infra-up"])


def _paced(made: World, quick: float) -> Row:
    """up with AWS's delays: as long as without them, and the delays of its critical path."""
    made.control("fault", "start", "slow", f"scale={SCALE}")
    up, _ = _up(made)
    ideal = quick + SCALE * PATH_SECONDS
    return _row(f"up with AWS's delays times {SCALE}, to its path", up, up / ideal, "at most 1.05")


def _stages(what: str, seconds: Mapping[str, float]) -> Iterator[Row]:
    yield _row(what, sum(seconds.values()))
    for name, took in seconds.items():
        yield _row(f"{what}: {name}", took)


def _row(what: str, seconds: float, ratio: float | None = None, target: str = "") -> Row:
    return Row("sandbox", what, f"{seconds:.1f} s", "" if ratio is None else f"{ratio:.2f}", target)
