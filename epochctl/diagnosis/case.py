"""What is known while a diagnosis goes on: each layer leaves what later ones need. Asks nothing itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from epochctl.aws.session import Aws
from epochctl.config.settings import Settings
from epochctl.kube import Kube
from epochctl.locks import Holder
from epochctl.workflow.outputs import Outputs
from epochctl.workflow.step import Context, Observation


@dataclass
class DiagnosisContext:
    """One environment. step, context: the catalogue's steps by name, and what each is handed; holder: of the
    run lock."""

    settings: Settings
    region: str
    aws: Aws
    step: Callable[[str], Any]
    context: Callable[[str], Context]
    outputs: Outputs
    journal: Path
    holder: Callable[[], Holder | None]
    kube: Kube | None = None
    address: str = ""

    def observe(self, name: str) -> Observation:
        """What that step sees; what it would publish is kept."""
        seen: Observation = self.step(name).observe(self.context(name))
        if seen.output is not None:
            self.outputs.put(seen.output)
        return seen
