"""What a diagnosis works with. Each layer leaves in it what later layers need."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from epochctl.aws.eks import Eks
from epochctl.aws.elbv2 import Elbv2
from epochctl.aws.session import Aws
from epochctl.config.settings import Settings
from epochctl.kube import Kube
from epochctl.locks import Holder
from epochctl.steps.catalog import Steps
from epochctl.workflow.outputs import Outputs
from epochctl.workflow.step import Context, Observation, Step


@dataclass
class DiagnosisContext:
    """One environment in one region.

    steps: those of the region; step_context: makes what the step of that name is called with; outputs: what
    the steps published; journal: the path of the journal; lock_holder: reads who holds the run lock, None
    for nobody. kube and address (of the load balancer) are set by the layers that find them.
    """

    settings: Settings
    region: str
    aws: Aws
    eks: Eks
    elbv2: Elbv2
    steps: Steps
    step_context: Callable[[str], Context]
    outputs: Outputs
    journal: Path
    lock_holder: Callable[[], Holder | None]
    kube: Kube | None = None
    address: str = ""

    def observe(self, step: Step) -> Observation:
        """Return what the step observes, and put its output into `outputs`."""
        seen = step.observe(self.step_context(step.name))
        if seen.output is not None:
            self.outputs.put(seen.output)
        return seen
