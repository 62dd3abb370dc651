"""A load balancer controller that does not work: gone (its webhook stays), or there and without rights."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from urllib.error import URLError

from sandbox.eks.control_plane import ControlPlane
from sandbox.errors import SandboxError
from sandbox.faults.fault import Fault, FaultContext, Options, Stop
from sandbox.frontend.api_call import ApiCall, Outcome
from sandbox.moto_patches.error_formats import AwsError, Protocol
from sandbox.moto_patches.identity import caller

NAME = "aws-load-balancer-controller"
DEPLOYMENT = f"/apis/apps/v1/namespaces/kube-system/deployments/{NAME}"
PODS = f"/api/v1/namespaces/kube-system/pods?labelSelector=app.kubernetes.io/name={NAME}"
MODES = ("gone", "idle")
SECONDS = 60.0
_WORDS = "is not authorized to perform this operation because no identity-based policy allows it"
_DENIED = AwsError(403, "AccessDenied", f"The controller's role {_WORDS}")
DENIED: Mapping[Protocol, AwsError] = {
    "query": _DENIED,
    "ec2": AwsError(403, "UnauthorizedOperation", f"The controller's role {_WORDS}"),
}


def start(context: FaultContext, options: Options) -> Stop:
    if options["mode"] not in MODES:
        raise SandboxError(f"mode={options['mode']}: unknown", fix=f"one of: {', '.join(MODES)}")
    if options["mode"] == "idle":
        return context.frontend.add_interceptor(_deny)
    plane = context.clusters.control_plane(str(options["region"]), str(options["cluster"]))
    if plane is None:
        raise SandboxError(f"there is no cluster {options['cluster']}", fix="epochctl up")
    replicas = int(plane.request(DEPLOYMENT)["spec"]["replicas"])
    _scale(plane, 0)
    _await_gone(plane)
    return lambda: _scale(plane, replicas)


def _deny(call: ApiCall) -> Outcome | None:
    """All that the controller's role asks for, of whichever service."""
    if call.service not in ("ec2", "elasticloadbalancing") or not call.key:
        return None
    known = caller(call.key)
    return DENIED.get(call.protocol, _DENIED) if known and "lb-controller" in known.arn else None


def _scale(plane: ControlPlane, replicas: int) -> None:
    """A cluster that has gone meanwhile needs none."""
    patch: Any = {"spec": {"replicas": replicas}}
    with suppress(URLError, OSError):
        plane.request(DEPLOYMENT, "PATCH", patch, "application/merge-patch+json")


def _await_gone(plane: ControlPlane) -> None:
    deadline = time.monotonic() + SECONDS
    while plane.request(PODS)["items"]:
        if time.monotonic() > deadline:
            raise SandboxError(f"the pods of {NAME} do not end within {SECONDS:.0f} s")
        time.sleep(0.3)


FAULT = Fault(
    "dead-controller",
    "mode=gone: the load balancer controller has no pod and its webhook no endpoint; mode=idle: it is ready, "
    "but AWS denies it everything, so it does nothing",
    start,
    {"mode": "gone", "cluster": "epoch-production", "region": "us-west-2"},
)
