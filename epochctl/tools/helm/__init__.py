"""helm: client (the verbs), command (pyhelm3's seam), state (frozen facts), kubeconfig (its way in).

Knows nothing of AWS.
"""

from epochctl.tools.helm.client import Helm
from epochctl.tools.helm.state import Json, ReleaseState, canonical, changed_objects, chart_digest

__all__ = ["Helm", "Json", "ReleaseState", "canonical", "changed_objects", "chart_digest"]
