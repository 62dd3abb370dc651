"""The programs that the steps start, looked for before anything is made: helm is first needed when the
cluster stands, and that is a quarter of an hour too late to hear that there is none.

Knows which step needs what; starts nothing but the question for a version.
"""

from __future__ import annotations

from epochctl.settings import Settings
from epochctl.steps.catalog import ROOT
from epochctl.tools import eksctl
from epochctl.tools.helm import Helm
from epochctl.tools.process import find
from epochctl.tools.terraform import Terraform


def check(settings: Settings, region: str) -> None:
    """Raises ToolError where one is missing or too old."""
    files = settings.state_directory(region).absolute()
    Terraform(ROOT, files / "terraform", region).version()
    Helm(files / "kubeconfig", files / "helm").version()
    if settings.lb_controller.identity == "eksctl":
        find("eksctl", fix=eksctl.FIX)
