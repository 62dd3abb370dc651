"""Objects in a VPC that Terraform did not create: deleted where they are the cluster's, else named."""

from epochctl.aws.network.interfaces import Interface
from epochctl.aws.network.vpc import Network, Subnet, Subnets, VpcOccupant

__all__ = ["Interface", "Network", "Subnet", "Subnets", "VpcOccupant"]
