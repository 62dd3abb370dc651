"""`dns`: the host name's records in Route 53, one, or one a region where several share it."""

from epochctl.steps.dns.health_check_hold import Route53HealthCheckHold
from epochctl.steps.dns.step import Dns

__all__ = ["Dns", "Route53HealthCheckHold"]
