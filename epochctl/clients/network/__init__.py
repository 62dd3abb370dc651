"""What is inside a VPC that no terraform made: swept where it is the cluster's, named where it is somebody
else's."""

from epochctl.clients.network.interfaces import Interface
from epochctl.clients.network.vpc import Network, Tenant

__all__ = ["Interface", "Network", "Tenant"]
