"""What is inside a VPC that no terraform made: swept where it is the cluster's, named where it is somebody
else's."""

from epochctl.aws.network.interfaces import Interface
from epochctl.aws.network.vpc import Network, Subnet, Subnets, VpcOccupant

__all__ = ["Interface", "Network", "Subnet", "Subnets", "VpcOccupant"]
