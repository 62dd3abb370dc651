"""Route 53: hosted zones and our records in them, health checks. It is global: no region's outage stops a
change.
"""

from epochctl.aws.route53.health import HealthCheck, HealthChecks, Observation, is_healthy
from epochctl.aws.route53.record import TTL, Alias, Placement, Record, is_validation_record
from epochctl.aws.route53.zones import (
    ADDRESS_TYPES,
    OWNER_PREFIX,
    PublishResult,
    RecordConflict,
    Route53,
    Zone,
    owner_text,
)

__all__ = [
    "ADDRESS_TYPES",
    "OWNER_PREFIX",
    "TTL",
    "Alias",
    "HealthCheck",
    "HealthChecks",
    "Observation",
    "Placement",
    "PublishResult",
    "Record",
    "RecordConflict",
    "Route53",
    "Zone",
    "is_healthy",
    "is_validation_record",
    "owner_text",
]
