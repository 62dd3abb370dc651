"""How large a region is now: a standby sleeps until the primary is drained in Route 53. Asks nobody else.

Knows no step; whoever makes the steps of a region gives them these settings.
"""

from __future__ import annotations

from epochctl.aws.route53 import HealthChecks
from epochctl.aws.session import Aws
from epochctl.config.settings import Settings


def current_size(settings: Settings, region: str, aws: Aws) -> Settings:
    """The settings of one region as things stand. Nothing is asked where it would make no difference."""
    asleep = settings.for_region(region, awake=False)
    if asleep == settings:
        return settings
    primary = HealthChecks(aws, settings.full_name, settings.tags).find(settings.home)
    return settings if primary is not None and primary.is_drained else asleep
