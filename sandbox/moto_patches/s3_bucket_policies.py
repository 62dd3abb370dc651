"""Bucket policies as on AWS: a statement whose condition does not hold says nothing.

moto takes it for a denial. Only aws:SecureTransport is looked at: every request of the world comes over TLS.
"""

from __future__ import annotations

from typing import Any


def install() -> None:
    """Patch moto's policy statements."""
    from moto.iam import access_control

    permitted = access_control.IAMPolicyStatement.is_action_permitted

    def is_action_permitted(self: Any, *arguments: Any, **named: Any) -> Any:
        secure = self._statement.get("Condition", {}).get("Bool", {}).get("aws:SecureTransport")
        if str(secure).lower() == "false":
            return access_control.PermissionResult.NEUTRAL
        return permitted(self, *arguments, **named)

    access_control.IAMPolicyStatement.is_action_permitted = is_action_permitted
