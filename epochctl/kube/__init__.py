"""A cluster's API server: requests (connection), verbs (client) and frozen facts (pods, objects, drift)."""

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
