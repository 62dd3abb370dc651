"""Route 53: hosted zones and our records in them, health checks. It is global: no region's outage stops a
change.
"""

from epochctl.aws.route53.health import HealthCheck, HealthChecks, Observation, verdict
from epochctl.aws.route53.record import TTL, Alias, Placement, Record, proves
from epochctl.aws.route53.zones import CLASHING, MARKER, Published, Refused, Route53, Zone, owner_of

__all__ = [
    "CLASHING",
    "MARKER",
    "TTL",
    "Alias",
    "HealthCheck",
    "HealthChecks",
    "Observation",
    "Placement",
    "Published",
    "Record",
    "Refused",
    "Route53",
    "Zone",
    "owner_of",
    "proves",
    "verdict",
]
