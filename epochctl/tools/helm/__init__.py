"""helm: client (the verbs), command (pyhelm3's seam), state (frozen facts), kubeconfig (its way in),
revisions (which of them were healthy), difference (of their objects).

Knows nothing of AWS.
"""

from epochctl.tools.helm.client import Helm
from epochctl.tools.helm.difference import Difference, differences
from epochctl.tools.helm.revisions import previous, taken_back
from epochctl.tools.helm.state import (
    Json,
    ReleaseState,
    canonical,
    changed_objects,
    chart_digest,
    decoded,
    without_hooks,
)

__all__ = [
    "Difference",
    "Helm",
    "Json",
    "ReleaseState",
    "canonical",
    "changed_objects",
    "chart_digest",
    "decoded",
    "differences",
    "previous",
    "taken_back",
    "without_hooks",
]
