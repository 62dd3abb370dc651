"""What the load balancer controller complains about on an Ingress, decoded where the family is known. Pure.

Two families: an action that its role may not perform, and subnets that lack the tag it looks for.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from epochctl.aws.network import Subnet

ROLE_TAG = "kubernetes.io/role/elb"  # what the controller looks for where an internet-facing balancer goes
FEWEST_ZONES = 2
_ACTION = re.compile(r"not authorized to perform:? \(?([a-z0-9-]+:[A-Za-z]+)")
_ROLE = re.compile(r"assumed-role/([^/\s]+)")
_ASSUME = re.compile(r"AssumeRoleWithWebIdentity")


@dataclass(frozen=True)
class IngressError:
    """cause: in plain words, with the event itself; fix: a line to paste."""

    cause: str
    fix: str


def decode_ingress_error(events: Sequence[str], role: str, subnets: Sequence[Subnet]) -> IngressError:
    """The newest of these warnings that says something. role: the controller's, where it is not named."""
    told = "\n".join(f"  {event}" for event in events)
    for event in reversed(events):
        if cause := _denied(event, role) or _untagged(event, subnets):
            return IngressError(f"{cause}\n{told}", "epochctl infra up, then epochctl deploy")
    cause = "the load balancer controller has not made a load balancer"
    return IngressError(
        f"{cause}\n{told}" if told else f"{cause} and says nothing about it",
        "epochctl lb-controller status; put the cause right, then epochctl deploy",
    )


def _denied(event: str, role: str) -> str:
    """Which action, and whose policy lacks it."""
    named = _ROLE.search(event)
    who = f"IAM role {named.group(1) if named else role or 'of the controller'}"
    if action := _ACTION.search(event):
        why = "its policy is not attached, or older than the controller"
        return f"{who} may not perform {action.group(1)}: {why}"
    if _ASSUME.search(event):
        return f"{who} cannot be assumed by the controller's service account: the role or its trust is gone"
    return ""


def _untagged(event: str, subnets: Sequence[Subnet]) -> str:
    """Which tag is missing on which subnets."""
    if "subnet" not in event.lower():
        return ""
    bare = [subnet for subnet in subnets if subnet.tags.get(ROLE_TAG) not in ("", "1")]
    if bare:
        names = ", ".join(f"{subnet.id} ({subnet.zone})" for subnet in bare)
        return f"no subnet for the load balancer: the tag {ROLE_TAG}=1 is missing on {names}"
    zones = {subnet.zone for subnet in subnets}
    if len(zones) < FEWEST_ZONES:
        return f"a load balancer needs subnets in two zones, tagged {ROLE_TAG}=1; there are {len(zones)}"
    return "no subnet for the load balancer, although all public ones are tagged"
