"""A cluster's API server: connection (bytes), pods and states (frozen facts), cluster (the verbs), execution.

Knows nothing of AWS.
"""

from epochctl.kube.client import Kube
from epochctl.kube.drift import Drift
from epochctl.kube.exec import ExecSession, ExitStatus
from epochctl.kube.finalizers import LoadBalancerOwner
from epochctl.kube.objects import ClusterEvent, DeploymentState, IngressState, NodeState
from epochctl.kube.pods import PodState, Trouble

__all__ = [
    "ClusterEvent",
    "DeploymentState",
    "Drift",
    "ExecSession",
    "ExitStatus",
    "IngressState",
    "Kube",
    "LoadBalancerOwner",
    "NodeState",
    "PodState",
    "Trouble",
]
