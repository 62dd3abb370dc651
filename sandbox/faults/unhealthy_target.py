"""The balancer's health checks fail for a share of each group's targets, whatever the targets answer."""

from __future__ import annotations

from sandbox.faults.fault import Fault, Options, Reach, Stop


def start(reach: Reach, options: Options) -> Stop:
    reach.balancers.fail_checks(options["share"])
    return lambda: reach.balancers.fail_checks(0.0)


FAULT = Fault(
    "unhealthy-target",
    "the load balancer's health checks fail for a share of the targets of each group, at least for one",
    start,
    {"share": 0.5},
)
