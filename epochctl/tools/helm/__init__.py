"""helm: client (the verbs), state (releases as frozen facts), difference (of their objects), kubeconfig."""

from epochctl.tools.helm.client import Helm
from epochctl.tools.helm.difference import Difference, differences
from epochctl.tools.helm.state import (
    Json,
    ReleaseState,
    canonical_json,
    changed_objects,
    chart_digest,
    decode_release,
    previous,
    rolled_back,
    without_hooks,
)

__all__ = [
    "Difference",
    "Helm",
    "Json",
    "ReleaseState",
    "canonical_json",
    "changed_objects",
    "chart_digest",
    "decode_release",
    "differences",
    "previous",
    "rolled_back",
    "without_hooks",
]
