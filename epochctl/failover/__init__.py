"""Which region answers for the host name, switching to another one, and the drill that measures a failover.

Route 53 holds the whole state. No region's bucket, state file or cluster is needed, so a region that is down
does not keep clients from being sent elsewhere.
"""

from epochctl.failover.dns_answers import DnsAnswers
from epochctl.failover.region import Region, Role
from epochctl.failover.routes import Routes
from epochctl.failover.standby import StandbySizing
from epochctl.failover.switchover import Switchover

__all__ = ["DnsAnswers", "Region", "Role", "Routes", "StandbySizing", "Switchover"]
