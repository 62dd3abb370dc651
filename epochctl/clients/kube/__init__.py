"""A cluster's API server: connection (bytes), pods and states (frozen facts), cluster (the verbs), execution.

Knows nothing of AWS.
"""

from epochctl.clients.kube.balanced import Balanced
from epochctl.clients.kube.cluster import Kube
from epochctl.clients.kube.drift import Drift
from epochctl.clients.kube.execution import Ended, Execution
from epochctl.clients.kube.nodes import NodeState
from epochctl.clients.kube.pods import PodState, Trouble
from epochctl.clients.kube.states import DeploymentState, Happening, IngressState

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
