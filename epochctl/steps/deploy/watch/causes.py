"""Causes of a failed rollout and their remedies: pods, targets, the load balancer. Makes no requests.

A warning of the load balancer controller is decoded where its family is known: an action that its IAM role
may not perform, or subnets that lack the tag it looks for.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from epochctl.aws.elbv2 import Target
from epochctl.aws.network import Subnet
from epochctl.command import Command
from epochctl.errors import DeployError
from epochctl.kube import PodState, Trouble
from epochctl.outputs import PushedImage

REMEDIES = {
    "image": "correct [service] image or --image, and see that the nodes may pull it",
    "crash": "put right what the lines above say",
    "memory": "raise [service] memory and memory_limit",
    "startup": "correct [service] port or health_path, or raise start_seconds",
    "readiness": "see why the health path answers so",
    "configuration": "make what the container asks for ([service] secrets)",
    "unschedulable": "lower [service] cpu or memory, or raise [cluster] nodes or instance_types",
    "unhealthy": "correct [service] port or health_path: the load balancer asks there",
}
# Target states, https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html
DEREGISTERED = {"draining", "unused"}
# Seconds until a target's state is taken for final.
TARGET_GRACE, UNHEALTHY_GRACE = 60.0, 45.0

ROLE_TAG = "kubernetes.io/role/elb"  # the controller puts internet-facing load balancers into such subnets
MIN_ZONES = 2
_ACTION = re.compile(r"not authorized to perform:? \(?([a-z0-9-]+:[A-Za-z]+)")
_ROLE = re.compile(r"assumed-role/([^/\s]+)")
_ASSUME = re.compile(r"AssumeRoleWithWebIdentity")


class NoRollbackError(DeployError):
    """A failure whose cause an older revision would have as well: the release is left as it is."""


def rollout_failure(release: str, trouble: Trouble, evidence: str) -> DeployError:
    """Return the error for a release whose pods do not become healthy, with the remedy for its cause."""
    what = f"release {release} does not become healthy"
    return DeployError(what, why=evidence, fix=REMEDIES.get(trouble.kind, ""))


def image_mismatch(pod: PodState, image: PushedImage) -> str:
    """Return a line that says which other image a pod runs, or "" if it runs the pushed one."""
    if pod.runs(image.digest):
        return ""
    return f"pod {pod.name} runs {', '.join(pod.image_digests or pod.images)}, pushed was {image.digest}"


def find_unserved(targets: Sequence[Target], pods: Sequence[PodState]) -> Trouble | None:
    """Return why a target group does not hold exactly these pods as healthy targets, or None if it does."""
    if cause := find_unhealthy(targets, pods):
        return cause
    addresses = {pod.address for pod in pods}
    for target in targets:
        if target.address not in addresses and target.state not in DEREGISTERED:
            return Trouble("old", f"old target {target.address} is still {target.state}", TARGET_GRACE)
    return None


def find_unhealthy(targets: Sequence[Target], pods: Sequence[PodState]) -> Trouble | None:
    """Return the trouble of the first pod that is no healthy target, or None if all are."""
    by_address = {target.address: target for target in targets}
    for pod in pods:
        target = by_address.get(pod.address)
        if target is None:
            return Trouble("missing", f"pod {pod.name} ({pod.address}) is not a target yet", TARGET_GRACE)
        if target.state != "healthy":
            kind = "unhealthy" if target.state == "unhealthy" else "initial"
            reason = f"{target.state}: {target.reason} {target.description}".rstrip(" :")
            return Trouble(kind, f"target {pod.address} ({pod.name}) is {reason}", UNHEALTHY_GRACE)
    return None


def ingress_failure(events: Sequence[str], role: str, subnets: Sequence[Subnet]) -> NoRollbackError:
    """Return the error for a missing load balancer: the newest warning that can be decoded, and all of them.

    events: the Ingress's warnings, oldest first; role: the controller's IAM role, for events that do not
    name it; subnets: the public ones with their tags.
    """
    what, warnings = "the load balancer cannot be made", "\n".join(f"  {event}" for event in events)
    for event in reversed(events):
        if cause := _denied(event, role) or _untagged(event, subnets):
            fix = f"{Command('infra', 'up')}, then {Command('deploy')}"
            return NoRollbackError(what, why=f"{cause}\n{warnings}", fix=fix)
    cause = "the load balancer controller has not made a load balancer"
    cause = f"{cause}\n{warnings}" if warnings else f"{cause} and says nothing about it"
    fix = f"{Command('lb-controller', 'status')}; put the cause right, then {Command('deploy')}"
    return NoRollbackError(what, why=cause, fix=fix)


def _denied(event: str, role: str) -> str:
    """Return which action was denied, and to which role."""
    named = _ROLE.search(event)
    who = f"IAM role {named.group(1) if named else role or 'of the controller'}"
    if action := _ACTION.search(event):
        why = "its policy is not attached, or older than the controller"
        return f"{who} may not perform {action.group(1)}: {why}"
    if _ASSUME.search(event):
        return f"{who} cannot be assumed by the controller's service account: the role or its trust is gone"
    return ""


def _untagged(event: str, subnets: Sequence[Subnet]) -> str:
    """Return which tag is missing on which subnets."""
    if "subnet" not in event.lower():
        return ""
    bare = [subnet for subnet in subnets if subnet.tags.get(ROLE_TAG) not in ("", "1")]
    if bare:
        names = ", ".join(f"{subnet.id} ({subnet.zone})" for subnet in bare)
        return f"no subnet for the load balancer: the tag {ROLE_TAG}=1 is missing on {names}"
    zones = {subnet.zone for subnet in subnets}
    if len(zones) < MIN_ZONES:
        return f"a load balancer needs subnets in two zones, tagged {ROLE_TAG}=1; there are {len(zones)}"
    return "no subnet for the load balancer, although all public ones are tagged"
