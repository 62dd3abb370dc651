"""A cluster's API server: connection (bytes), states (frozen facts), cluster (the verbs).

Knows nothing of AWS.
"""

from epochctl.clients.kube.cluster import Kube
from epochctl.clients.kube.states import DeploymentState, IngressState, PodState, Trouble

__all__ = ["DeploymentState", "IngressState", "Kube", "PodState", "Trouble"]
