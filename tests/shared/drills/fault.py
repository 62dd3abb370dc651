"""`epochctl failover drill` with a fault of the sandbox instead of `--break`: python -m drills.fault FAULT.

It runs in the sandbox; the fault is one that epoch-sandbox offers for a single region.
"""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from epochctl.cli import signals
from epochctl.cli.command_context import open_command
from epochctl.cli.options import Globals
from epochctl.failover.injections import Kind
from epochctl.operations import failover_drill

SANDBOX = str(Path(sys.executable).with_name("epoch-sandbox"))


@dataclass(frozen=True)
class SandboxFault:
    """A fault of one region. kind: nearest of what the drill itself can break."""

    fault: str
    region: str
    kind: Kind = "network"

    @property
    def description(self) -> str:
        return f"the sandbox's fault {self.fault}"

    def inject(self) -> None:
        self._run("start", self.fault, f"region={self.region}")

    def repair(self) -> None:
        self._run("stop", self.fault)

    def _run(self, *words: str) -> None:
        subprocess.run([SANDBOX, "fault", *words], check=True, capture_output=True, timeout=300)


def main(fault: str) -> None:
    """Run the drill of the region that answers, and print its events as JSON."""
    options = Globals(Path(), environment=None, region=None, verbose=False)
    # A signal stops the drill in order, so that it still repairs.
    with signals.handled(), open_command(options, output="json", title="failover drill") as regions:
        failover_drill.drill(
            regions,
            "",
            fault,
            ask=False,
            wait=None,
            make=lambda _, kind, region, target: SandboxFault(kind, region),
        )


if __name__ == "__main__":
    main(sys.argv[1])
