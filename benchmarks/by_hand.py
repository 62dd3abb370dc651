"""The original system's steps with the tools themselves (by-hand.sh), timed stage by stage."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path

from benchmarks.world import BIN, ROOT, World, aws_cli

SCRIPT = Path(__file__).with_name("by-hand.sh")


class ByHand:
    """One folder of the script's in one world."""

    def __init__(self, world: World) -> None:
        self._world = world
        pins = tomllib.loads((ROOT / "versions.toml").read_text())
        tools = world.directory / "tools"
        tools.mkdir()
        (tools / "aws").symlink_to(aws_cli())  # alone: its folder has a Python that is not ours
        self._environment = {
            "WORK": str(world.directory / "by-hand"),
            "HERE": str(ROOT),
            "PATH": f"{tools}:{BIN}:{os.environ['PATH']}",
            "CONTROLLER": pins["lb_controller"]["version"],
            "CLUSTER": pins["eks"]["version"],
        }

    def run(self, *words: str) -> dict[str, float]:
        """Seconds by stage."""
        said = self._world.execute("sh", str(SCRIPT), *words, **self._environment)
        lines = (line.split() for line in said.splitlines())
        return {name.replace("_", "-"): float(seconds) for name, seconds in lines}
