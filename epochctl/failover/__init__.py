"""Which region answers for the host name, sending clients to another one, and the drill that measures it.

Route 53 is the state: no region's bucket, state file or cluster is asked, so a dead one blocks nothing. Knows
steps and clients, and nothing of a terminal.
"""

from epochctl.failover.dns_answers import DnsAnswers
from epochctl.failover.region import Region, Role
from epochctl.failover.routes import Routes
from epochctl.failover.switchover import StandbySizing, Switchover

__all__ = ["DnsAnswers", "Region", "Role", "Routes", "StandbySizing", "Switchover"]
