"""A cluster's API server: connection (bytes), pods and states (frozen facts), cluster (the verbs), execution.

Knows nothing of AWS.
"""

from epochctl.kube.client import Kube
from epochctl.kube.drift import Drift
from epochctl.kube.exec import Ended, Execution
from epochctl.kube.finalizers import Balanced
from epochctl.kube.nodes import NodeState
from epochctl.kube.objects import DeploymentState, Happening, IngressState
from epochctl.kube.pods import PodState, Trouble

__all__ = [
    "Balanced",
    "DeploymentState",
    "Drift",
    "Ended",
    "Execution",
    "Happening",
    "IngressState",
    "Kube",
    "NodeState",
    "PodState",
    "Trouble",
]
