"""Shield's GetSubscriptionState as on AWS: INACTIVE without Shield Advanced. moto has no answer.

A load balancer controller with its chart's defaults asks it for each load balancer, and waits.
Source: https://docs.aws.amazon.com/waf/latest/DDOSAPIReference/API_GetSubscriptionState.html
"""

from __future__ import annotations

import json
from typing import Any

from moto.shield.responses import ShieldResponse


def install() -> None:
    """Add the operation to moto's Shield."""

    def get_subscription_state(self: Any) -> str:
        return json.dumps({"SubscriptionState": "INACTIVE"})

    ShieldResponse.get_subscription_state = get_subscription_state
